"""What ``bench.event_streams`` is compared with: Starlette alone, that sends each text it is given to every socket."""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.processes import server_options
from api.settings import Settings

ACKNOWLEDGED = '{"type":"connection_ack"}'
STARTED = '{"id":"1","type":"next","payload":{"data":{"events":{"type":"HEARTBEAT"}}}}'
sockets: set[WebSocket] = set()


async def listen(socket: WebSocket) -> None:
    await socket.accept("graphql-transport-ws")
    for answer in (ACKNOWLEDGED, STARTED):
        await socket.receive_text()
        await socket.send_text(answer)
    sockets.add(socket)
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        sockets.discard(socket)


async def publish(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            text = await socket.receive_text()
            for each in sockets:
                await each.send_text(text)
    except WebSocketDisconnect:
        return


if __name__ == "__main__":
    routes = [WebSocketRoute("/graphql", listen), WebSocketRoute("/publish", publish)]
    options = server_options(Settings(mode="demo"))
    uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=int(sys.argv[1]), **options)
