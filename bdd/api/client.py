"""Sends requests to the platform and keeps every exchange, for messages and evidence."""

import time

import requests

from bdd.api.exchange import Exchange
from bdd.system.network import session_for, speaks_no_tls

_TIMEOUT_SECONDS = 10.0


class NoResponse(AssertionError):
    """The service did not respond to a request.

    Attributes:
        exchange: the request.
    """

    def __init__(self, url: str, exchange: Exchange, error: requests.RequestException) -> None:
        super().__init__(
            f"the service at {url} did not respond to {exchange.method} {exchange.path}: {_in_words(error)}\n"
            f"          error:    {error}\n"
            "          next:     check whether the service runs, and the last lines of its log"
        )
        self.exchange = exchange


class ApiClient:
    """Talks to one service; may be used by several threads at once."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.exchanges: list[Exchange] = []
        self._session = session_for(url)

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
            NoResponse: nothing came within 10 seconds, or no connection was possible.
        """
        began, sent_at = time.monotonic(), time.time()
        status, failure, content_type, not_utf8 = None, None, "", ""
        try:
            response = self._session.request(
                method,
                self.url + path,
                data=body.encode() if body is not None else None,
                headers={"Content-Type": "application/json"} if body is not None else None,
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,  # the contract has none, and it may lead to a host that was not checked
            )
            status, content_type = response.status_code, response.headers.get("Content-Type", "")
            text, not_utf8 = _text(response.content)
        except requests.RequestException as error:
            failure, text = error, type(error).__name__
        seconds = time.monotonic() - began
        exchange = Exchange(method, path, body, sent_at, seconds, status, text, content_type, not_utf8)
        self.exchanges.append(exchange)
        if failure is not None:
            raise NoResponse(self.url, exchange, failure) from failure
        return exchange


def tls_advice(url: str, error: BaseException, setting: str) -> str:
    """Return a space and a sentence if the service at an https address seems not to speak TLS, else nothing.

    Args:
        url: the service's address.
        error: why it did not respond.
        setting: the name of the setting that has its address.
    """
    scheme, _, place = url.partition("://")
    if scheme != "https" or not speaks_no_tls(error):
        return ""
    return f" This port seems to speak no TLS: try -D {setting}=http://{place}"


def _text(body: bytes) -> tuple[str, str]:
    """Return a body as text, and why it is not UTF-8: empty if it is."""
    try:
        return body.decode(), ""
    except UnicodeDecodeError as error:
        return body.decode(errors="replace"), f"it is not UTF-8: {error.reason} at byte {error.start}"


def _in_words(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return f"nothing came within {_TIMEOUT_SECONDS:g} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "its response ended before all of it had arrived"
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return "its response is not encoded as its headers declare"
    if "refused" in str(error):
        return "nothing listens there"
    return "it closed the connection without a response" if "RemoteDisconnected" in str(error) else "no connection"
