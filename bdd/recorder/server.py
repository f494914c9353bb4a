"""The recorder's HTTP interface: the journal as a stream, the fence, the topics. All of it only reads."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from confluent_kafka import KafkaException
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bdd.recorder.consumer import TopicsConsumer
from bdd.recorder.journal import Journal

HEARTBEAT_SECONDS = 1.0
_FENCE_SECONDS = 10.0


class Bell:
    """Wakes the streams, which live in the event loop, when the consuming thread has news."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """May be called from any thread."""
        self._loop.call_soon_threadsafe(self._wake)

    async def heard(self, timeout: float) -> None:
        """Return when the bell is rung, or after `timeout` seconds."""
        try:
            await asyncio.wait_for(self._rung.wait(), timeout)
        except TimeoutError:
            return

    def _wake(self) -> None:
        self._rung.set()
        self._rung = asyncio.Event()


def recorder_app(consumer: TopicsConsumer, journal: Journal, bell: Bell, token: str) -> Starlette:
    """Return the ASGI application.

    GET /health               200 once the consumer is pinned, 503 before; open to everyone
    GET /journal?after=CURSOR the lines after a cursor, as they come, for as long as the client listens;
                              an empty line is sent when there was nothing for a second
    GET /fence                {"cursor": …}: the journal up to it holds all that was published before the call
    GET /topics               {topic: number of partitions}, as the brokers tell now
    """
    answers = _Answers(consumer, journal, bell)
    return Starlette(
        routes=[
            Route("/health", answers.health),
            Route("/journal", _guarded(answers.stream, token)),
            Route("/fence", _guarded(answers.fence, token)),
            Route("/topics", _guarded(answers.topics, token)),
        ]
    )


@dataclass(frozen=True)
class _Answers:
    consumer: TopicsConsumer
    journal: Journal
    bell: Bell

    async def health(self, _: Request) -> Response:
        pinned = self.consumer.ready.is_set()
        return JSONResponse({"ready": pinned, "cursor": self.journal.cursor}, 200 if pinned else 503)

    async def stream(self, request: Request) -> Response:
        lines = _lines(self.journal, self.bell, _cursor(request, self.journal))
        return StreamingResponse(lines, media_type="application/jsonl")

    async def fence(self, _: Request) -> Response:
        try:
            return JSONResponse({"cursor": await run_in_threadpool(self.consumer.fence, _FENCE_SECONDS)})
        except (KafkaException, AssertionError) as error:
            raise HTTPException(503, f"no fence: {_sentence(error)}") from error

    async def topics(self, _: Request) -> Response:
        try:
            return JSONResponse(await run_in_threadpool(self.consumer.partitions))
        except KafkaException as error:
            raise HTTPException(503, f"no answer from the brokers: {_sentence(error)}") from error


_Answer = Callable[[Request], Awaitable[Response]]


def _guarded(answer: _Answer, token: str) -> _Answer:
    """Let only requests with the token of this run through."""

    async def guard(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("authorization", ""), f"Bearer {token}"):
            raise HTTPException(401, "the token of this run is missing or wrong")
        return await answer(request)

    return guard


async def _lines(journal: Journal, bell: Bell, cursor: int) -> AsyncIterator[bytes]:
    while True:
        lines = journal.lines_after(cursor)
        cursor += lines.count(b"\n")
        if lines:
            yield lines
            continue
        await bell.heard(HEARTBEAT_SECONDS)
        if journal.cursor == cursor:
            yield b"\n"


def _cursor(request: Request, journal: Journal) -> int:
    text = request.query_params.get("after", "0")
    if not text.isdecimal() or int(text) > journal.cursor:
        raise HTTPException(400, f"after={text} is no cursor of this journal: it is at {journal.cursor}")
    return int(text)


def _sentence(error: Exception) -> str:
    error = error.args[0] if error.args else error
    return str(getattr(error, "str", lambda: error)())
