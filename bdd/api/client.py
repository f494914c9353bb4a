"""Sends requests to the platform and keeps every exchange, for messages and evidence."""

import ssl
import time
from pathlib import Path

import requests

from bdd.api.exchange import Exchange
from bdd.system.http import certificate_error, is_untrusted, session_for, speaks_no_tls

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
            f"          next:     {_next(error)}"
        )
        self.exchange = exchange


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


def _in_words(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return f"nothing came within {_TIMEOUT_SECONDS:g} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "its response ended before all of it had arrived"
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return "its response is not encoded as its headers declare"
    if why := certificate_error(error):
        return f"its certificate is not accepted: {why.verify_message}"
    if "refused" in str(error):
        return "nothing listens there"
    return "it closed the connection without a response" if "RemoteDisconnected" in str(error) else "no connection"
