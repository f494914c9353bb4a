"""A shard: one of several parts of a run."""

import re
from dataclasses import dataclass
from typing import Self

_SHARD = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})", re.ASCII)


@dataclass(frozen=True)
class Shard:
    """One of several parts of a run: the second of three is `2/3`."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the shard that a text such as `2/3` names.

        Raises:
            ValueError: it names none; the message says what is allowed.
        """
        found = _SHARD.fullmatch(text.strip())
        if not found or int(found[1]) > int(found[2]):
            raise ValueError("a shard and how many there are, from 1/1 on, such as 2/3")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"
