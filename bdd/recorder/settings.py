"""What the recorder is told when it starts: through its environment, where secrets are not seen by others."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class RecorderSettings:
    """One recorder's settings.

    Attributes:
        client: librdkafka settings, `bootstrap.servers` among them.
        topics: the topics to read; one that does not exist yet is read from its beginning.
        folder: where the journal and the address file are written.
        token: what a request must carry as `Authorization: Bearer …`.
        host: the address to listen on.
        port: the port to listen on; 0 takes a free one, which the address file then names.
    """

    client: dict[str, str] = field(repr=False)
    topics: tuple[str, ...]
    folder: Path
    token: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 0

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
            "RECORDER_TOPICS": ",".join(self.topics),
            "RECORDER_FOLDER": str(self.folder),
            "RECORDER_TOKEN": self.token,
            "RECORDER_HOST": self.host,
            "RECORDER_PORT": str(self.port),
        }

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings.

        Raises:
            ValueError: one is missing or wrong; the sentence names it.
        """
        try:
            return cls(
                client=json.loads(environment["RECORDER_CLIENT"]),
                topics=tuple(environment["RECORDER_TOPICS"].split(",")),
                folder=Path(environment["RECORDER_FOLDER"]),
                token=environment["RECORDER_TOKEN"],
                host=environment.get("RECORDER_HOST", "127.0.0.1"),
                port=int(environment.get("RECORDER_PORT", "0")),
            )
        except KeyError as missing:
            raise ValueError(f"{missing.args[0]} is not set") from missing
        except json.JSONDecodeError as wrong:
            raise ValueError(f"RECORDER_CLIENT is not JSON: {wrong}") from wrong
        except ValueError as wrong:
            raise ValueError(f"RECORDER_PORT is not a number: {wrong}") from wrong
