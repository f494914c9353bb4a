"""The settings of a recorder. They are passed in its environment, where other users do not see the secrets."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class RecorderSettings:
    """One recorder's settings.

    Attributes:
        client: librdkafka settings, `bootstrap.servers` among them.
        topics: the topics to read: name -> number of partitions. A topic that does not exist yet is read from
            its beginning.
        create_topics: whether to create missing topics. Only for a platform of the run's own, where the recorder
            may be the only part that reaches the brokers.
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
        """The file that everything read is written to."""
        return self.folder / "journal.jsonl"

    @property
    def address(self) -> Path:
        """The file that holds the recorder's URL. It exists as soon as the recorder accepts connections."""
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
    def from_environment(
        cls, environment: Mapping[str, str] = os.environ, *, default_topics: Mapping[str, int]
    ) -> Self:
        """Read the settings from environment variables.

        Args:
            environment: the variables.
            default_topics: the topics to read if RECORDER_TOPICS is not set or empty.

        Raises:
            ValueError: a variable is missing or invalid; the message names it.
        """
        try:
            return cls(
                client=_json("RECORDER_CLIENT", environment["RECORDER_CLIENT"]),
                topics=_json("RECORDER_TOPICS", environment.get("RECORDER_TOPICS") or "null") or default_topics,
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
    except json.JSONDecodeError as error:
        raise ValueError(f"{name} is not JSON: {error}") from error


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise ValueError(f"{name} is not a number: {error}") from error
