"""A recorder's HTTP server on loopback, and a client of it."""

from typing import Any

import requests

from bdd.kafka.record import Entry, Gap
from bdd.recorder.brokers import BrokersSilent
from bdd.recorder.client import RecorderClient
from bdd.recorder.journal import Journal
from bdd.recorder.server import JournalGrowth
from tests.support.builders import LONG_TIMEOUT, eventually

TOKEN = "of-this-run"
GAP = Gap("patient-events", 0, 3, 9)
FULL = "the recorder cannot write /tmp/journal.jsonl: No space left on device\n    next: make room there"
SILENT = BrokersSilent("the broker at kafka:9092 has answered nothing for 8 s (too slow)")


class Served:
    """A recorder's server on loopback; only its consumer is a mock."""

    def __init__(self, url: str, consumer: Any, journal: Journal, growth: JournalGrowth) -> None:
        self.url, self.consumer, self.journal, self.growth = url, consumer, journal, growth
        self.client = RecorderClient(url, TOKEN)

    def append(self, *entries: Entry) -> None:
        self.journal.append(entries)
        self.growth.notify()

    def get(self, path: str, authorization: str | bytes = f"Bearer {TOKEN}", **options: Any) -> requests.Response:
        headers = {"Authorization": authorization}
        return requests.get(self.url + path, headers=headers, timeout=LONG_TIMEOUT, **options)

    def follow(self) -> RecorderClient:
        self.consumer.ready.set()
        self.client.start(LONG_TIMEOUT)
        return self.client

    def await_cursor(self, cursor: int) -> None:
        eventually(lambda: self.client.cursor == cursor, self.client._thread)
