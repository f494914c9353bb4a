"""Sends requests to the platform and keeps every exchange, for the messages and for the evidence."""

import time

import requests
from requests.adapters import HTTPAdapter

from bdd.api.exchange import Exchange
from bdd.system.network import session_for, speaks_no_tls

_TIMEOUT_SECONDS = 10.0
_PARALLEL = 32


class NoResponse(AssertionError):
    """The service did not answer a request.

    Attributes:
        exchange: what was sent.
    """

    def __init__(self, url: str, exchange: Exchange, error: requests.RequestException) -> None:
        super().__init__(
            f"the service at {url} did not answer {exchange.method} {exchange.path}: {_in_words(error)}\n"
            f"          fault:    {error}\n"
            "          next:     see whether the service runs, and what its log says last"
        )
        self.exchange = exchange


class ApiClient:
    """Talks to one service; may be used by several threads at once."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.exchanges: list[Exchange] = []
        self._session = session_for(url)
        # Each request has a connection of its own: one that is kept may be closed by the service, or by what is in
        # between, just when the next request goes out, and then nobody knows whether that was carried out.
        self._session.headers["Connection"] = "close"
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=_PARALLEL))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def send(self, method: str, path: str, body: str | None = None) -> Exchange:
        """Send a request, its body as JSON, and return the exchange, whatever the answer's status.

        Raises:
            NoResponse: no answer came within 10 seconds, or nothing listens there.
        """
        began, sent_at = time.monotonic(), time.time()
        status, failure, content_type, not_utf8 = None, None, "", ""
        try:
            answer = self._session.request(
                method,
                self.url + path,
                data=body.encode() if body is not None else None,
                headers={"Content-Type": "application/json"} if body is not None else None,
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,  # no answer of the contract, and it may lead to a host that was not checked
            )
            status, content_type = answer.status_code, answer.headers.get("Content-Type", "")
            text, not_utf8 = _text(answer.content)
        except requests.RequestException as error:
            failure, text = error, type(error).__name__
        seconds = time.monotonic() - began
        exchange = Exchange(method, path, body, sent_at, seconds, status, text, content_type, not_utf8)
        self.exchanges.append(exchange)
        if failure is not None:
            raise NoResponse(self.url, exchange, failure) from failure
        return exchange


def tls_advice(url: str, error: BaseException) -> str:
    """Return a sentence, after a space, where a service seems not to speak the TLS that its address asks for."""
    scheme, _, place = url.partition("://")
    if scheme != "https" or not speaks_no_tls(error):
        return ""
    return f" This port seems to speak no TLS: try -D api_url=http://{place}"


def _text(body: bytes) -> tuple[str, str]:
    """A body as text, and why it is not UTF-8: empty where it is."""
    try:
        return body.decode(), ""
    except UnicodeDecodeError as error:
        return body.decode(errors="replace"), f"it is not UTF-8: {error.reason} at byte {error.start}"


def _in_words(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return f"nothing came within {_TIMEOUT_SECONDS:g} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "its answer ended before all of it had come"
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return "its answer is not encoded as its headers say"
    if "refused" in str(error):
        return "nothing listens there"
    return "it closed the connection without an answer" if "RemoteDisconnected" in str(error) else "no connection"
