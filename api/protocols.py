"""What our connections need of the server beside ASGI: a word when it stops, an end for peers that take nothing.

The protocols are uvicorn's own. Each puts ``abort`` into its scope's state, and calls ``leave`` of the state that the
application's lifespan gave, when the server is told to stop.
"""

import logging
from http import HTTPStatus
from typing import Any, Final

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.server import ServerProtocol

from api.connections import Ending
from api.doorway import ABORT, LEAVE

_PIECE: Final = 4_096
_SILENT: Final = logging.getLogger("uvicorn.websockets")
_SILENT.disabled = True
"""It would write URLs with what follows the question mark, and at the level of debugging every message."""


class HttpProtocol(HttpToolsProtocol):
    """Event streams last: at the server's end they must be told, or it would wait for them until its patience ends."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"][ABORT] = self._abort

    def shutdown(self) -> None:
        _leave(self.app_state)
        super().shutdown()

    def _abort(self) -> None:
        self.transport.abort()


class SocketProtocol(WebSocketsSansIOProtocol):
    """A socket that closes with our code when the server stops, and reads from nobody who does not read."""

    patience = 5.0
    """Seconds for a peer to answer the frame that closes the socket."""

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.logger = _SILENT
        # Without extensions: lengths of what is compressed tell what it holds, and each socket would cost more.
        self.conn = ServerProtocol(max_size=self.config.ws_max_size, logger=_SILENT)
        self._is_full = False
        self._unread = bytearray()

    def data_received(self, data: bytes) -> None:
        """Take what has come piece by piece, the next one when the application has had the last one's messages.

        At once, thousands of small frames would take half a second of everybody's time.
        """
        self._unread += data
        self._take_piece()

    def _take_piece(self) -> None:
        if self.transport.is_closing():
            self._unread.clear()
            return
        if self._unread and (self.queue.empty() or self.close_sent):
            piece = bytes(self._unread[:_PIECE])
            del self._unread[:_PIECE]
            super().data_received(piece)
            if self._unread:
                self.loop.call_soon(self._take_piece)
        self._read_or_not()

    def _read_or_not(self) -> None:
        if self.transport.is_closing():
            return
        if self._is_full or self.read_paused or self._unread:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if self.response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            self.scope["state"][ABORT] = self._drop

    def shutdown(self) -> None:
        """Leave it to the application to say goodbye; one that has not answered yet is not waited for."""
        if not self.handshake_complete or self.close_sent:
            super().shutdown()
            return
        _leave(self.app_state)

    def _drop(self) -> None:
        """Say that it is over behind all that was not read yet, and soon end it whether that was heard or not."""
        if not self.close_sent and not self.transport.is_closing():
            self.conn.send_close(Ending.SLOW.code, Ending.SLOW.reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.read_paused = False
            self.close_timer = self.loop.call_later(self.patience, self.transport.abort)

    def pause_writing(self) -> None:
        """Whoever does not read could still send frames whose answers the library itself writes."""
        super().pause_writing()
        self._is_full = True
        self._read_or_not()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._is_full = False
        self._read_or_not()

    async def receive(self) -> ASGIReceiveEvent:
        message = await super().receive()
        self._take_piece()
        return message

    async def send(self, message: ASGISendEvent) -> None:
        if self.close_sent and message["type"] in {"websocket.send", "websocket.close"}:
            raise ClientDisconnected  # the library has closed it: nobody did anything wrong here
        await super().send(message)
        if self.close_timer is not None:
            self.close_timer.cancel()
            self.close_timer = self.loop.call_later(self.patience, self.transport.abort)


def _leave(app_state: dict[str, Any]) -> None:
    if leave := app_state.get(LEAVE):
        leave()
