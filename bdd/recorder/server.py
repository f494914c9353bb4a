"""The recorder's HTTP interface: the journal as a stream, the fence, the topics. It is read-only."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bdd.kafka.record import heartbeat
from bdd.recorder.brokers import BrokersSilent
from bdd.recorder.consumer import TopicsConsumer
from bdd.recorder.incomplete import Incomplete
from bdd.recorder.journal import Journal, Removed

_HEARTBEAT_SECONDS = 1.0
_FENCE_SECONDS = 10.0
_TOPICS_SECONDS = 8.0


class JournalGrowth:
    """Wakes the streams, which run in the event loop, when the consumer's thread has appended to the journal."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._grown = asyncio.Event()

    def notify(self) -> None:
        """Wake everyone who waits. May be called from any thread."""
        self._loop.call_soon_threadsafe(self._wake)

    async def wait(self, timeout: float) -> None:
        """Return at the next `notify`, or after `timeout` seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._grown.wait(), timeout)

    def _wake(self) -> None:
        self._grown.set()
        self._grown = asyncio.Event()


def recorder_app(consumer: TopicsConsumer, journal: Journal, growth: JournalGrowth, token: str) -> Starlette:
    """Return the ASGI application.

    GET /health               200 once the consumer is pinned, 503 before; needs no token
    GET /journal?after=CURSOR the lines after a cursor, then new lines as they are written; after each second
                              without one, an empty line, or {"trouble": {topic: why nothing of it is read}}
    GET /fence?topic=TOPIC&…  {"cursor": …}: the journal up to it holds all that was published before the call, on
                              these topics also what an open transaction holds back, which ends meanwhile; without
                              a topic that is so on all
    GET /topics               {topic: number of partitions}, as the brokers report them now

    The last two respond with 504 if the brokers have answered nothing for some seconds, and with 503 if they do not
    answer this or the journal does not hold all that was published.

    Args:
        consumer: what writes the journal.
        journal: what is served.
        growth: notified by the consumer.
        token: what a request must carry as `Authorization: Bearer …`.
    """
    endpoints = _Endpoints(consumer, journal, growth)
    guarded = {"/journal": endpoints.stream, "/fence": endpoints.fence, "/topics": endpoints.topics}
    routes = [Route(path, _guarded(endpoint, token)) for path, endpoint in guarded.items()]
    return Starlette(routes=[Route("/health", endpoints.health), *routes])


@dataclass(frozen=True)
class _Endpoints:
    consumer: TopicsConsumer
    journal: Journal
    growth: JournalGrowth

    async def health(self, _: Request) -> Response:
        troubles = self.consumer.troubles()
        pinned = self.consumer.ready.is_set() and "" not in troubles
        state = {"ready": pinned, "cursor": self.journal.cursor, "trouble": troubles}
        return JSONResponse(state, 200 if pinned else 503)

    async def stream(self, request: Request) -> Response:
        lines = self._lines(_cursor(request, self.journal))
        return StreamingResponse(lines, media_type="application/jsonl")

    async def _lines(self, cursor: int) -> AsyncIterator[bytes]:
        with self.journal.follower(cursor) as move_to:
            while True:
                try:
                    lines = self.journal.lines_after(cursor)
                except Removed as error:
                    yield heartbeat({"": f"the recorder cannot be followed: {error}"})
                    lines = b""
                    move_to(self.journal.cursor)  # nothing is kept for it
                if lines:
                    yield lines
                    cursor += lines.count(b"\n")
                    move_to(cursor)
                    continue
                await self.growth.wait(_HEARTBEAT_SECONDS)
                if self.journal.cursor == cursor:
                    yield heartbeat(self.consumer.troubles())

    async def fence(self, request: Request) -> Response:
        topics = frozenset(request.query_params.getlist("topic"))
        return await _answer(lambda: {"cursor": self.consumer.fence(_FENCE_SECONDS, topics)})

    async def topics(self, _: Request) -> Response:
        return await _answer(lambda: self.consumer.partitions(_TOPICS_SECONDS))


async def _answer(ask_brokers: Callable[[], Mapping[str, int]]) -> Response:
    try:
        return JSONResponse(await run_in_threadpool(ask_brokers))
    except BrokersSilent as error:
        raise HTTPException(504, str(error)) from error
    except Incomplete as error:
        raise HTTPException(503, str(error)) from error


_Endpoint = Callable[[Request], Awaitable[Response]]


def _guarded(endpoint: _Endpoint, token: str) -> _Endpoint:
    """Let only requests with this run's token through."""

    async def guard(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        # As bytes: `compare_digest` raises a TypeError for a text that is not ASCII.
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, "the token of this run is missing or wrong")
        return await endpoint(request)

    return guard


def _cursor(request: Request, journal: Journal) -> int:
    text = request.query_params.get("after", "0")
    if not text.isdecimal() or int(text) > journal.cursor:
        raise HTTPException(400, f"after={text} is not a cursor of this journal, which ends at {journal.cursor}")
    return int(text)
