"""A message is handed to a real mail server: what it says decides whether it went, goes again, or never can."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiosmtplib import SMTPException

from jobs.mailer import MailRejected
from tests.jobs.post_office import RETURN_PATH, TOKEN, letter, mailer, playing, post_office
from tests.jobs.workshop import until

OK = b"250 OK\r\n"


async def test_a_message_goes_to_its_one_recipient_with_a_return_path_of_its_own() -> None:
    async with post_office() as office, mailer(office.port) as sends:
        await sends.send(letter(), token=TOKEN)
    (handled,) = office.accepted
    assert handled.sender == f"bounces+{TOKEN}@harbour.example"
    assert handled.recipients == ["sam@home.example"]
    assert handled.content == letter().as_bytes()
    assert TOKEN.encode() not in handled.content
    assert RETURN_PATH.encode() not in handled.content


async def test_the_same_message_again_is_the_same_to_the_byte() -> None:
    async with post_office() as office, mailer(office.port) as first, mailer(office.port) as second:
        for sends in (first, first, second):
            await sends.send(letter(), token=TOKEN)
    assert len(office.accepted) == 3
    assert all(each == office.accepted[0] for each in office.accepted)


@pytest.mark.parametrize(
    "answers",
    [
        {"RCPT": "550 5.1.1 No such user: sam@home.example"},
        {"RCPT": "550 no such user"},
        {"RCPT": "553 mailbox name not allowed"},
        {"RCPT": "550 5.1.10 the domain takes no mail"},
        {"DATA": "550 5.2.1 mailbox disabled: sam@home.example"},
        {"DATA": "552 5.2.2 mailbox full"},
    ],
)
async def test_an_address_that_is_refused_for_good_is_rejected_without_being_quoted(answers: dict[str, str]) -> None:
    async with post_office(answers=answers) as office, mailer(office.port) as sends:
        with pytest.raises(MailRejected) as raised:
            await sends.send(letter(), token=TOKEN)
        assert "sam" not in repr(raised.value)
        office.answers.clear()
        await sends.send(letter(), token=TOKEN)
    assert len(office.accepted) == 1


@pytest.mark.parametrize(
    "answers",
    [
        {"MAIL": "451 4.3.0 later"},
        {"MAIL": "550 5.1.8 we do not know this sender"},
        {"MAIL": "553 5.7.1 not your address"},
        {"RCPT": "450 4.2.1 greylisted"},
        {"RCPT": "421 4.3.2 closing"},
        {"RCPT": "554 5.7.1 relay access denied"},
        {"RCPT": "550 5.7.1 your address is listed"},
        {"RCPT": "550 5.1.7 bad sender"},
        {"DATA": "451 4.3.0 later"},
        {"DATA": "554 transaction failed"},
        {"DATA": "550 message refused"},
        {"DATA": "550 5.7.1 looks like spam"},
        {"DATA": "550 5.6.0 no such content"},
    ],
)
async def test_nobodys_address_is_blamed_for_anything_else(answers: dict[str, str]) -> None:
    async with post_office(answers=answers) as office, mailer(office.port) as sends:
        with pytest.raises(SMTPException):
            await sends.send(letter(), token=TOKEN)
        office.answers.clear()
        await sends.send(letter(), token=TOKEN)
    assert len(office.accepted) == 1


async def test_a_server_that_is_not_there_is_tried_again() -> None:
    async with post_office() as office:
        pass
    async with mailer(office.port) as sends:
        with pytest.raises(SMTPException):
            await sends.send(letter(), token=TOKEN)


@pytest.mark.parametrize("silent_at", ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "."])
@pytest.mark.parametrize("how", ["silence", "garbage", "drop", "shutting down"])
async def test_a_server_that_fails_at_any_step_has_accepted_nothing(silent_at: str, how: str) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async for step in steps(reader, writer):
            if step != silent_at:
                writer.write(_usual(step))
            elif how == "silence":
                await reader.read(1)
            elif how == "garbage":
                writer.write(b"\xff\x00 hello?\r\n")
            elif how == "shutting down":
                writer.write(b"421 4.3.2 shutting down\r\n")
            else:
                return

    short = timedelta(seconds=0.3 if how == "silence" else 10)
    async with playing(play) as port, mailer(port, timeout=short) as sends:
        with pytest.raises((SMTPException, TimeoutError)):
            await sends.send(letter(), token=TOKEN)


async def test_what_was_accepted_before_the_server_goes_stays_accepted() -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async for step in steps(reader, writer):
            if step == "QUIT":
                return
            writer.write(_usual(step))

    async with playing(play) as port, mailer(port) as sends:
        await sends.send(letter(), token=TOKEN)


async def test_one_connection_serves_message_after_message_and_is_left_politely() -> None:
    async with post_office() as office, mailer(office.port) as sends:
        for number in range(3):
            await sends.send(letter(f"mail_{number}"), token=TOKEN)
        assert (office.connections, office.quits) == (1, 0)
        await sends.close()
        assert office.quits == 1
        await sends.send(letter(), token=TOKEN)
    assert office.connections == 2


async def test_an_idle_connection_is_left() -> None:
    async with post_office() as office, mailer(office.port, idle=timedelta(0)) as sends:
        await sends.send(letter(), token=TOKEN)
        await until(lambda: office.quits == 1)
        await sends.send(letter(), token=TOKEN)
        assert office.connections == 2


async def test_a_connection_that_was_dropped_while_idle_is_no_failure() -> None:
    async with post_office() as office, mailer(office.port) as sends:
        await sends.send(letter(), token=TOKEN)
        office.drop()
        await sends.send(letter(), token=TOKEN)
    assert (office.connections, len(office.accepted)) == (2, 2)


async def test_messages_that_go_at_the_same_time_are_not_mixed_up() -> None:
    async with post_office() as office, mailer(office.port) as sends:
        addresses = [f"sam-{number}@home.example" for number in range(8)]
        messages = [letter(to=address) for address in addresses]
        await asyncio.gather(*(sends.send(each, token=TOKEN) for each in messages))
    assert sorted((*each.recipients, each.content) for each in office.accepted) == sorted(
        (address, each.as_bytes()) for address, each in zip(addresses, messages, strict=True)
    )


async def test_a_message_that_is_cancelled_leaves_no_connection() -> None:
    left = asyncio.Event()

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async for step in steps(reader, writer):
            if step == "RCPT":
                asked.set()
                assert not await reader.read(1)
                left.set()
                return
            writer.write(_usual(step))

    asked = asyncio.Event()
    async with playing(play) as port, mailer(port) as sends:
        sending = asyncio.create_task(sends.send(letter(), token=TOKEN))
        await asked.wait()
        sending.cancel()
        async with asyncio.timeout(5):
            await left.wait()
        with pytest.raises(asyncio.CancelledError):
            await sending


async def steps(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> AsyncIterator[str]:
    """Yield each step at which the server speaks: its greeting, the commands, the end of a message."""
    yield "greeting"
    while line := await reader.readline():
        await writer.drain()
        command = line.split(maxsplit=1)[0].decode().upper()
        yield command
        if command == "DATA":
            await reader.readuntil(b"\r\n.\r\n")
            yield "."


def _usual(step: str) -> bytes:
    return {"greeting": b"220 mx ready\r\n", "DATA": b"354 go on\r\n"}.get(step, OK)
