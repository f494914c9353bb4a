"""Sends requests to the platform and keeps every exchange, for messages and evidence."""

import ssl
import threading
import time
from http import HTTPStatus
from pathlib import Path

import requests

from bdd.api.exchange import Exchange
from bdd.system.http import certificate_error, is_untrusted, session_for, speaks_no_tls, timed_out

_TIMEOUT_SECONDS = 8.0
"""A service must respond within 5 s, and a machine may stand still for 3 s."""
_TIMEOUT_AGAIN_SECONDS = 6.0
"""After a time-out, until something comes: still longer than the 5 s within which a service must respond."""
_HEALTH_SECONDS = 2.0
_MOST_TIMEOUTS = 2
_LONGEST_HEALTH = 150  # characters


class NoResponse(AssertionError):
    """The service did not respond to a request.

    Attributes:
        exchange: the request.
        symptoms: see `bdd.verdict.symptom`; who sent the request adds them, for this client does not know them.
    """

    def __init__(self, url: str, exchange: Exchange, error: requests.RequestException) -> None:
        super().__init__(
            f"the service at {url} did not respond to {exchange.method} {exchange.path}: "
            f"{_in_words(error, exchange.seconds)}\n"
            f"          error:    {error}\n"
            f"          next:     {_next(error)}"
        )
        self.exchange = exchange
        self.symptoms: list[object] = []


class _Silence:
    """Counts time-outs in a row; those of requests that were pending at the same time count as one."""

    def __init__(self) -> None:
        self.timeouts = 0
        self.began = self.lasted_until = 0.0
        self._lock = threading.Lock()

    def note(self, *, timed_out: bool, began: float) -> None:
        """Note how a request ended, just now, that began at a time of the monotonic clock."""
        with self._lock:
            if not timed_out:
                self.timeouts = 0
            elif not self.timeouts or began >= self.lasted_until:
                self.began = self.began if self.timeouts else began
                self.timeouts += 1
                self.lasted_until = time.monotonic()


class ApiClient:
    """Talks to one service; may be used by several threads at once.

    Args:
        url: the service's address.
        ca: as for `session_for`.
    """

    def __init__(self, url: str, ca: Path | None = None) -> None:
        self.url = url
        self.exchanges: list[Exchange] = []
        self._session = session_for(url, ca)
        self._silence = _Silence()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def send(self, method: str, path: str, body: str | None = None) -> Exchange:
        """Send a request with a JSON body and return the exchange, whatever the status is.

        Args:
            method: the HTTP method.
            path: the path below the service's address.
            body: the body, None for none.

        Raises:
            NoResponse: nothing came within 8 seconds, or 6 after another time-out, or no connection was possible.
        """
        timeout = _TIMEOUT_AGAIN_SECONDS if self._silence.timeouts else _TIMEOUT_SECONDS
        began, sent_at = time.monotonic(), time.time()
        status, failure, content_type, not_utf8, location = None, None, "", "", ""
        try:
            response = self._session.request(
                method,
                self.url + path,
                data=body.encode() if body is not None else None,
                headers={"Content-Type": "application/json"} if body is not None else None,
                timeout=timeout,
                allow_redirects=False,  # the contract has none, and it may lead to a host that was not checked
            )
            status, content_type = response.status_code, response.headers.get("Content-Type", "")
            location = response.headers.get("Location", "") if response.is_redirect else ""
            text, not_utf8 = _text(response.content)
        except requests.RequestException as error:
            failure, text = error, type(error).__name__
        self._silence.note(timed_out=failure is not None and timed_out(failure), began=began)
        seconds = time.monotonic() - began
        exchange = Exchange(
            method, path, body, sent_at, seconds, status, text, content_type, not_utf8, location, self.url
        )
        self.exchanges.append(exchange)
        if failure is not None:
            raise NoResponse(self.url, exchange, failure) from failure
        return exchange

    def health(self) -> str:
        """Return what the service says of itself now, in a clause; empty if it has no such address."""
        began = time.monotonic()
        try:
            response = self._session.get(f"{self.url}/health", timeout=_HEALTH_SECONDS, allow_redirects=False)
        except requests.RequestException as error:
            self._silence.note(timed_out=timed_out(error), began=began)
            return f"did not respond to GET /health: {_in_words(error, time.monotonic() - began)}"
        self._silence.note(timed_out=False, began=began)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return ""
        body = " ".join(_text(response.content)[0].split())[:_LONGEST_HEALTH]
        return f"says at GET /health: {response.status_code} {body}".rstrip()

    def silence(self) -> str | None:
        """Return how long the service has responded to nothing, in a clause, if it hangs; otherwise None."""
        if self._silence.timeouts < _MOST_TIMEOUTS:
            return None
        seconds = self._silence.lasted_until - self._silence.began
        return f"hangs: it has answered none of {self._silence.timeouts} requests in a row, for {seconds:.0f} s"


def tls_advice(url: str, error: BaseException, setting: str) -> str:
    """Return what to change where an error of TLS is why the service at an https address did not respond.

    It is a sentence with a space before it, or nothing.

    Args:
        url: the service's address.
        error: why it did not respond.
        setting: the name of the setting that has its address.
    """
    scheme, _, place = url.partition("://")
    if scheme != "https":
        return ""
    if why := certificate_error(error):
        return f" Its certificate is not accepted: {_certificate_advice(why)}"
    if not speaks_no_tls(error):
        return ""
    return f" This port seems to speak no TLS: try -D {setting}=http://{place}"


def _certificate_advice(error: ssl.SSLCertVerificationError) -> str:
    if is_untrusted(error):
        return "-D api_ca=…   # a PEM file of the authority that issued it"
    return f"{error.verify_message}: use a name that it is for, or have it renewed"


def _next(error: requests.RequestException) -> str:
    why = certificate_error(error)
    return _certificate_advice(why) if why else "check whether the service runs, and the last lines of its log"


def _text(body: bytes) -> tuple[str, str]:
    """Return a body as text, and why it is not UTF-8: empty if it is."""
    try:
        return body.decode(), ""
    except UnicodeDecodeError as error:
        return body.decode(errors="replace"), f"it is not UTF-8: {error.reason} at byte {error.start}"


def _in_words(error: requests.RequestException, seconds: float) -> str:
    if timed_out(error):
        return f"nothing came within {seconds:.0f} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "its response ended before all of it had arrived"
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return "its response is not encoded as its headers declare"
    if why := certificate_error(error):
        return f"its certificate is not accepted: {why.verify_message}"
    if "refused" in str(error):
        return "nothing listens there"
    return "it closed the connection without a response" if "RemoteDisconnected" in str(error) else "no connection"
