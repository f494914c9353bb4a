"""One request to the platform and its response."""

from dataclasses import dataclass
from typing import Any

import requests

from bdd.system import strict_json


@dataclass(frozen=True)
class Exchange:
    """One request and its response.

    Attributes:
        sent_at: when the request was sent, in seconds since 1970 UTC.
        seconds: how long the response took.
        status: the status code, None without a response.
        body: the body as text; without a response, the name of the error.
        content_type: the header Content-Type.
        not_utf8: why the body is not UTF-8, empty if it is.
    """

    method: str
    path: str
    sent: str | None
    sent_at: float
    seconds: float
    status: int | None
    body: str
    content_type: str = "application/json"
    not_utf8: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the status reports success: 200 to 299."""
        return self.status is not None and requests.codes.ok <= self.status < requests.codes.multiple_choices

    @property
    def json(self) -> Any:
        """The body, parsed.

        Raises:
            AssertionError: it is not JSON.
        """
        try:
            return self.parsed()
        except (ValueError, RecursionError) as error:
            raise AssertionError(f"{self}: the response is not JSON ({error}): {self.body[:200]!r}") from None

    def parsed(self) -> Any:
        """Return the body, parsed.

        Raises:
            ValueError: it is not JSON in UTF-8.
            RecursionError: it is nested too deeply.
        """
        if self.not_utf8:
            raise ValueError(self.not_utf8)
        return strict_json.loads(self.body)

    def __str__(self) -> str:
        """The exchange in a line: `PUT /api/patients/5 -> 200 in 4 ms`."""
        outcome = self.status if self.status is not None else f"no response ({self.body})"
        return f"{self.method} {self.path} -> {outcome} in {self.seconds * 1000:.0f} ms"
