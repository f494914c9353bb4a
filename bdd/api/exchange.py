"""One request to the platform and its response."""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests

from bdd.output.printable import in_one_line
from bdd.system import strict_json

_LONG = 300  # characters
_LINE_BREAK = re.compile(r"\s*[\r\n]\s*")
_WITHOUT_CREDENTIALS = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED}
_NOT_HERE = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}


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
        location: the header Location, where a redirect leads; empty without it.
        url: the service's address.
        in_outage: whether the run kept the service's database away when the request was sent.
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
    location: str = ""
    url: str = ""
    in_outage: bool = False

    @property
    def accepted(self) -> bool:
        """Whether the status reports success: 200 to 299."""
        return self.status is not None and requests.codes.ok <= self.status < requests.codes.multiple_choices

    @property
    def in_brief(self) -> str:
        """The body in one line, for the first line of a message: without its indentation, and cut if it is long."""
        return _LINE_BREAK.sub(" ", self.beginning)

    @property
    def beginning(self) -> str:
        """The body's first characters, for a message; of a list only how long it is: others may be in it."""
        whole = self.body.strip()
        if not whole.startswith(("[{", "[\n", "[ ")):
            return self.body[:_LONG].strip()
        try:
            return f"a list of length {len(self.parsed())}"
        except (ValueError, RecursionError):
            return f"a list that is not JSON, of {len(whole)} characters"

    @property
    def wrong_address(self) -> str:
        """What to change if the status shows that requests do not reach the API; otherwise empty."""
        if self.location:
            redirected = urlsplit(self.location)
            place = f"{redirected.scheme}://{redirected.netloc}"
            if redirected.netloc and place != self.url:
                return f"it sends its clients on: give {place} as the service's address, in place of {self.url}"
            return f"it sends its clients on to another path: let the service take {self.method} {self.path} itself"
        if self.status in _WITHOUT_CREDENTIALS:
            return (
                "requests need no credentials by the contract, and the suite sends none: give an address of the "
                f"service where none are needed, in place of {self.url}"
            )
        if self.method == "POST" and self.status in _NOT_HERE:  # others are about something that may not exist
            return f"nothing takes {self.method} {self.path} at {self.url}: give the address of the service itself"
        return ""

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

    @property
    def outcome(self) -> str:
        """The status, and where a redirect leads: `308, Location: https://…,`."""
        if self.status is None:
            return f"no response ({self.body})"
        return f"{self.status}, Location: {in_one_line(self.location)}," if self.location else str(self.status)

    def __str__(self) -> str:
        """The exchange in a line: `PUT /api/patients/5 -> 200 in 4 ms`."""
        return f"{self.method} {self.path} -> {self.outcome} in {self.seconds * 1000:.0f} ms"
