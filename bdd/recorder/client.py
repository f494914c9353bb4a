"""The suite's view of a recorder: a mirror of its journal, so that looking at an event needs no request."""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import requests

from bdd.kafka.record import Entry, Gap, Record, Remade, from_line, is_heartbeat, troubles_in
from bdd.recorder.settings import LONGEST_FENCE_SECONDS
from bdd.system.exceptions import root_cause
from bdd.system.http import session_for, timed_out
from bdd.system.network import in_thread
from bdd.system.waiting import WaitAborted, wait_until

_CONNECT_SECONDS = 3.0
_SILENCE_SECONDS = 10.0
_RECONNECT_SECONDS = 0.2
_LOOK_FOR_TROUBLE_SECONDS = 0.1
_REFUSALS = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
_NEXT = "    next: see whether it runs, and the last lines of its log"


class RecorderUnreachable(AssertionError):
    """The recorder, or the broker behind it, did not respond as expected; the message says which of them."""


class RecorderStopped(RecorderUnreachable, WaitAborted):
    """The recorder reads nothing more; the message says why, and no wait changes it."""


class RecorderClient:
    """Follows one recorder. Cursors are those of the recorder's journal.

    client = RecorderClient("http://127.0.0.1:40123", token)
    client.start(timeout=10)
    before = client.fence()
    # … what is published now …
    client.wait_for_more(before, seconds=5)
    client.records(after=before)    # [Record(topic="patient-events", …)]

    Args:
        url: where the recorder answers, for instance `http://127.0.0.1:40123`.
        token: the recorder's token.
        ca: as for `session_for`.

    Attributes:
        on_arrival: called with the cursor and the record when one has arrived, in a thread of the client's own.
        needed: the topics of which nothing may be missing; none: all.
        abort_if: returns the reason if a request has become pointless, because something has ended; otherwise None.
    """

    def __init__(self, url: str, token: str, ca: Path | None = None) -> None:
        self.url = url
        self.on_arrival: Callable[[int, Record], None] = lambda _cursor, _record: None
        self.needed: Collection[str] = ()
        self.abort_if: Callable[[], str | None] = lambda: None
        self.gaps: list[Gap | Remade] = []
        self._begin = 0
        self._entries: list[Entry | None] = []
        self._forgotten = 0
        self._grown = threading.Condition()
        self._closed = threading.Event()
        self._lost: str | None = None
        self._failure: str | None = None
        self._refusal: str | None = None
        self._reported: dict[str, str] = {}
        self._last_received = time.monotonic()
        self._session = session_for(url, ca)
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def start(self, timeout: float, abort_if: Callable[[], str | None] = lambda: None) -> None:
        """Wait until the recorder is pinned, then follow its journal: from the beginning, or as set by `skip_to`.

        Args:
            timeout: seconds.
            abort_if: returns the reason if the recorder can no longer become ready, otherwise None.

        Raises:
            AssertionError: the recorder was not pinned in time, or `abort_if` returned a reason.
        """

        def pinned() -> None:
            assert self.ready(), "it is not pinned to the end offsets yet"

        wait_until(pinned, description="the recorder", timeout=timeout, abort_if=abort_if, interval=0.02)
        self._thread.start()

    def skip_to(self, cursor: int) -> None:
        """Ignore the entries before the cursor, which are older than this run. Call it before `start`."""
        self._begin = cursor

    def close(self) -> None:
        """Stop following; what was mirrored stays readable."""
        self._closed.set()  # the mirror's thread notices with the next line or heartbeat

    @property
    def cursor(self) -> int:
        """The place after the newest entry that has arrived here."""
        return self._begin + len(self._entries)

    def records(self, after: int = 0, before: int | None = None) -> list[Record]:
        """Return the records between two cursors, in the order the recorder read them."""
        return [record for _, record in self.numbered(after, self.cursor if before is None else before)]

    def numbered(self, after: int, before: int) -> Iterator[tuple[int, Record]]:
        """Yield the records between two cursors, each with its own, in the order the recorder read them."""
        first = max(0, after - self._begin)
        entries = self._entries[first : max(0, before - self._begin)]
        for cursor, entry in enumerate(entries, self._begin + first):
            if isinstance(entry, Record):
                yield cursor, entry

    def replace(self, cursor: int, record: Record) -> None:
        """Put another record in the place of the one at a cursor."""
        self._entries[cursor - self._begin] = record

    def forget(self, before: int) -> None:
        """Let go of all that is before a cursor."""
        for index in range(self._forgotten, max(self._forgotten, before - self._begin)):
            self._entries[index] = None
            self._forgotten = index + 1

    def load(self, cursor: int) -> Record:
        """Return the record at a cursor, from the recorder.

        Raises:
            RecorderUnreachable: it does not answer, or has not kept it.
        """
        with self._session.get(
            f"{self.url}/journal", params={"after": str(cursor)}, stream=True, timeout=_timeout()
        ) as stream:
            line = next(stream.iter_lines(), b"")
        if is_heartbeat(line) or not isinstance(entry := from_line(line), Record):
            reasons = troubles_in(line).values() if is_heartbeat(line) else ()
            raise RecorderUnreachable(next(iter(reasons), f"the recorder has no record at {cursor}"))
        return entry

    def wait_for_more(self, after: int, seconds: float) -> None:
        """Return when there is something after the cursor, or when the seconds have passed."""
        with self._grown:
            self._grown.wait_for(lambda: self.cursor > after, seconds)

    def trouble(self) -> str | None:
        """Say why the mirror may be incomplete, or None.

        There is no connection, the recorder could not read some records or has stopped, it is behind and reads
        nothing more, or the broker does not answer it.
        """
        if self._failure:
            return f"{self._failure}\n    next: see which record the journal has at {self.cursor - 1}"
        if self._lost and time.monotonic() - self._last_received > _CONNECT_SECONDS:
            return f"the recorder at {self.url} cannot be followed: {self._lost}\n{_NEXT}"
        if gaps := [each for each in self.gaps if self._is_needed(each.topic)]:
            return f"the recorder could not read everything: {gaps[0]}"
        reported = (text for topic, text in self._reported.items() if not topic or self._is_needed(topic))
        trouble = next(reported, self._refusal)
        return f"{trouble}\n{_NEXT}" if trouble and "\n" not in trouble else trouble

    def ready(self) -> bool:
        """Tell whether the recorder is pinned.

        Raises:
            RecorderUnreachable: it does not answer.
            RecorderStopped: it reads nothing more.
        """
        health = self._get("/health", accepted=(200, 503))
        if stopped := (health.get("trouble") or {}).get(""):
            raise RecorderStopped(stopped)
        return bool(health["ready"])

    def fence(self) -> int:
        """Return a cursor: the journal up to it holds all that was published before this call on needed topics.

        Raises:
            RecorderUnreachable: it does not answer, or could not read everything up to the end offsets.
        """
        return int(
            self._get("/fence", topic=self.needed, timeout=LONGEST_FENCE_SECONDS + _SILENCE_SECONDS)["cursor"]
        )

    def topics(self) -> dict[str, int]:
        """Return the brokers' topics: name -> number of partitions.

        Raises:
            RecorderUnreachable: it does not answer, or no broker answers it.
        """
        return {name: int(count) for name, count in self._get("/topics").items()}

    def _get(
        self,
        path: str,
        accepted: tuple[int, ...] = (200,),
        timeout: float = _SILENCE_SECONDS,
        **parameters: Collection[str],
    ) -> dict[str, Any]:
        response = self._response(path, parameters, timeout + 5)
        if response.status_code not in accepted:
            if response.status_code not in _REFUSALS:
                raise RecorderUnreachable(
                    f"the recorder answered {path} with {response.status_code}: {response.text}"
                )
            self._refusal = response.text
            raise RecorderUnreachable(response.text.splitlines()[0])
        if path != "/health":  # which needs no broker
            self._refusal = None
        body: dict[str, Any] = response.json()
        return body

    def _response(self, path: str, parameters: Mapping[str, Collection[str]], timeout: float) -> requests.Response:
        """Return the response, waited for only as long as nothing has ended that it depends on."""
        request = partial(self._session.get, self.url + path, params=parameters)
        future = in_thread(lambda: request(timeout=(_CONNECT_SECONDS, timeout)))
        while True:
            try:
                return future.result(_LOOK_FOR_TROUBLE_SECONDS)
            except TimeoutError:
                if reason := self.abort_if():
                    raise RecorderUnreachable(reason) from None
            except requests.RequestException as error:
                raise RecorderUnreachable(
                    f"the recorder at {self.url} does not answer {path}: {_in_words(error)}"
                ) from error

    def _follow(self) -> None:
        """Read the stream; after a break go on from where the mirror ends."""
        while not self._closed.is_set():
            try:
                for entry in self._read_stream():
                    self._take(entry)
            except (requests.RequestException, OSError, ValueError) as broken:
                self._lost = _in_words(broken)
            except Exception as error:  # noqa: BLE001 - nobody else would hear of it
                self._failure = (
                    f"the recorder at {self.url} is not followed any more: {type(error).__name__}: {error}"
                )
                return
            with self._grown:
                self._grown.notify_all()
            self._closed.wait(_RECONNECT_SECONDS)

    def _read_stream(self) -> Iterator[Entry]:
        with self._session.get(
            f"{self.url}/journal", params={"after": str(self.cursor)}, stream=True, timeout=_timeout()
        ) as stream:
            stream.raise_for_status()
            self._lost = None
            rest = b""
            for chunk in stream.iter_content(chunk_size=None):
                self._last_received = time.monotonic()
                if self._closed.is_set():
                    return
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if is_heartbeat(line):
                        self._reported = troubles_in(line)
                    else:
                        yield from_line(line)

    def _is_needed(self, topic: str) -> bool:
        return not self.needed or topic in self.needed

    def _take(self, entry: Entry) -> None:
        if isinstance(entry, Gap | Remade):
            self.gaps.append(entry)
        with self._grown:
            self._entries.append(entry)
            self._grown.notify_all()
        if isinstance(entry, Record):
            self.on_arrival(self.cursor - 1, entry)


def _in_words(error: Exception) -> str:
    return "nothing came in time" if timed_out(error) else root_cause(error)


def _timeout() -> tuple[float, float]:
    return _CONNECT_SECONDS, _SILENCE_SECONDS
