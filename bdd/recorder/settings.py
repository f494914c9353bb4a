"""What the recorder is told when it starts: through its environment, where secrets are not seen by others."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from bdd.contracts import asyncapi as contract


@dataclass(frozen=True)
class RecorderSettings:
    """One recorder's settings.

    Attributes:
        client: librdkafka settings, `bootstrap.servers` among them.
        topics: the topics to read, with their numbers of partitions; one that does not exist yet is read from
            its beginning.
        create_topics: make those that are missing. Only where the platform is the run's own: on the network of
            such a platform the recorder may be the only part that reaches the brokers.
        folder: where the journal and the address file are written.
        token: what a request must carry as `Authorization: Bearer …`.
        host: the address to listen on.
        port: the port to listen on; 0 takes a free one, which the address file then names.
    """

    client: dict[str, str] = field(repr=False)
    topics: Mapping[str, int]
    folder: Path
    token: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 0
    create_topics: bool = False

    @property
    def journal(self) -> Path:
        """The file of everything that was read: the run's record."""
        return self.folder / "journal.jsonl"

    @property
    def address(self) -> Path:
        """The file that holds the recorder's URL from the moment on that it can be connected to."""
        return self.folder / "address"

    def to_environment(self) -> dict[str, str]:
        """Return the environment from which `from_environment` reads these settings."""
        return {
            "RECORDER_CLIENT": json.dumps(self.client),
            "RECORDER_TOPICS": json.dumps(dict(self.topics)),
            "RECORDER_FOLDER": str(self.folder),
            "RECORDER_TOKEN": self.token,
            "RECORDER_HOST": self.host,
            "RECORDER_PORT": str(self.port),
            "RECORDER_CREATE_TOPICS": "yes" if self.create_topics else "no",
        }

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings; without RECORDER_TOPICS the topics are those of the contract.

        Raises:
            ValueError: one is missing or wrong; the sentence names it.
        """
        try:
            return cls(
                client=_json("RECORDER_CLIENT", environment["RECORDER_CLIENT"]),
                topics=_json("RECORDER_TOPICS", environment.get("RECORDER_TOPICS") or "null")
                or contract.current().partitions,
                folder=Path(environment["RECORDER_FOLDER"]),
                token=environment["RECORDER_TOKEN"],
                host=environment.get("RECORDER_HOST", "127.0.0.1"),
                port=_number("RECORDER_PORT", environment.get("RECORDER_PORT", "0")),
                create_topics=environment.get("RECORDER_CREATE_TOPICS", "no") == "yes",
            )
        except KeyError as missing:
            raise ValueError(f"{missing.args[0]} is not set; see: python -m bdd.recorder --help") from missing


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as wrong:
        raise ValueError(f"{name} is not JSON: {wrong}") from wrong


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as wrong:
        raise ValueError(f"{name} is not a number: {wrong}") from wrong
