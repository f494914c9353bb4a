"""The settings of a recorder. They are passed in its environment, where other users do not see the secrets."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

_PREFIX = "RECORDER_"

LONGEST_FENCE_SECONDS = 60.0
"""For so long a fence waits for a consumer that is behind and reads on."""


def _from_json(value: Any) -> Any:
    """Parse a text; its message must not show the text, which may hold a password."""
    return json.loads(value) if isinstance(value, str) else value


class RecorderSettings(BaseModel):
    """One recorder's settings.

    Attributes:
        client: librdkafka settings, `bootstrap.servers` among them.
        topics: the topics to read: name -> number of partitions. A topic that does not exist yet is read from
            its beginning.
        create_topics: whether to create missing topics. Only for a platform of the run's own, where the recorder
            may be the only part that reaches the brokers.
        folder: where the journal and the address file are written.
        journal_mb: how many megabytes the journal takes there at most.
        token: what a request must carry as `Authorization: Bearer …`.
        host: the address to listen on.
        port: the port to listen on; 0 takes a free one, which the address file then names.
    """

    model_config = ConfigDict(frozen=True)

    client: Annotated[dict[str, str], BeforeValidator(_from_json)] = Field(repr=False)
    topics: Annotated[dict[str, int], BeforeValidator(_from_json)]
    folder: Path
    journal_mb: int = Field(256, ge=1)
    token: str = Field(repr=False)
    host: str = "127.0.0.1"
    port: int = Field(0, ge=0, le=65535)
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
        values = self.model_dump(mode="json").items()
        return {
            _PREFIX + name.upper(): value if isinstance(value, str) else json.dumps(value) for name, value in values
        }

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] = os.environ, *, default_topics: Mapping[str, int]
    ) -> Self:
        """Read the settings from environment variables; an empty one counts as not set.

        Args:
            environment: the variables.
            default_topics: the topics to read if RECORDER_TOPICS is not set.

        Raises:
            ValueError: variables are missing or invalid; the message names each.
        """
        given = {name: environment.get(_PREFIX + name.upper()) for name in cls.model_fields}
        try:
            return cls.model_validate(
                {"topics": default_topics} | {name: text for name, text in given.items() if text}
            )
        except ValidationError as invalid:
            raise ValueError("; ".join(_message(error) for error in invalid.errors())) from None


def _message(error: Any) -> str:
    variable = _PREFIX + str(error["loc"][0]).upper()
    if error["type"] == "missing":
        return f"{variable} is not set; see: python -m bdd.recorder --help"
    return f"{variable} is invalid: {error['msg']}"
