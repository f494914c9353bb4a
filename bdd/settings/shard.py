"""A shard: one of several parts of a run."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

VARIABLES = ("JOB_COMPLETION_INDEX", "CI_NODE_INDEX", "CI_NODE_TOTAL")
"""The environment variables that `auto` reads."""
_AUTO = re.compile(r"auto(?:/([1-9][0-9]{0,3}))?", re.ASCII)
_SHARD = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})", re.ASCII)


@dataclass(frozen=True)
class Shard:
    """One of several parts of a run: the second of three is `2/3`."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str, environment: Mapping[str, str] = os.environ) -> Self:
        """Return the shard that a text such as `2/3` names, or that `auto` takes from the environment.

        Args:
            text: `2/3`; `auto/3` on Kubernetes, where an Indexed Job gives its pods their number, but not how many
                there are; `auto` on GitLab, which gives both.
            environment: where `auto` looks.

        Raises:
            ValueError: it names none; the message says what is allowed.
        """
        auto = _AUTO.fullmatch(text.strip())
        found = _SHARD.fullmatch(_of_environment(auto[1], environment) if auto else text.strip())
        if auto and not found:
            raise ValueError(
                "auto/3 where JOB_COMPLETION_INDEX is set, or auto where CI_NODE_INDEX and CI_NODE_TOTAL are; "
                "here they are not, or are no such numbers"
            )
        if not found or int(found[1]) > int(found[2]):
            raise ValueError("a shard and how many there are, from 1/1 on, such as 2/3, or auto")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def _of_environment(count: str | None, environment: Mapping[str, str]) -> str:
    """Return a shard as text from what Kubernetes, which counts from 0, or GitLab has set."""
    index, node, total = (environment.get(name, "") for name in VARIABLES)
    return f"{int(index) + 1 if index.isdecimal() else node}/{count or total}"
