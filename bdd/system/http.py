"""Requests by HTTP: a connection for each, the authorities that are trusted, and what an error of TLS means."""

import os
import ssl
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter

from bdd.system.exceptions import exception_chain
from bdd.system.network import is_loopback, is_private

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_WRONG_NAME = {62, 64}  # OpenSSL's codes for a host name and an IP address that the certificate does not have
_EXPIRED = {9, 10}  # not valid yet, or no more


def session_for(url: str, ca: Path | None = None) -> requests.Session:
    """Return a session for one service, with a connection for each request; several threads may use it at once.

    It uses the environment's proxy, unless the address is local, private or has no dot.

    Args:
        url: the service's address.
        ca: a PEM file of the only authorities that are trusted. Without it they are those of this machine, which
            SSL_CERT_FILE, SSL_CERT_DIR, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE name.
    """
    host = urlsplit(url).hostname or ""
    try:
        is_near = is_loopback(host) or is_private(host)
    except ValueError:  # a name
        is_near = "." not in host
    session = requests.Session()
    session.trust_env = not is_near
    for scheme in ("http://", "https://"):
        session.mount(scheme, OneRequestPerConnection(ca))
    return session


class OneRequestPerConnection(HTTPAdapter):
    """Opens a connection for each request and closes it after the response, whatever the server does with it.

    A server, or a proxy, may close a connection that is kept alive just when the next request is sent, and then
    nobody knows whether that request was carried out. Many close it after each response without saying so.
    """

    def __init__(self, ca: Path | None) -> None:
        super().__init__()
        self._ca = ca

    def send(self, request: requests.PreparedRequest, *rest: Any, **options: Any) -> requests.Response:
        """Send a request as `HTTPAdapter` does.

        Raises:
            requests.RequestException: there is no response, or a file of authorities cannot be read.
        """
        request.headers["Connection"] = "close"
        context = self._context if str(request.url).startswith("https:") else None
        with closing(_Adapter(context)) as alone:  # its pool, which is closed with it, never has a second request
            response = alone.send(request, *rest, **{**options, "verify": True})
            if not options.get("stream"):
                _ = response.content  # now, for the connection must not be in use when the pool is closed
            return response

    @cached_property
    def _context(self) -> ssl.SSLContext:  # made once: reading the authorities takes a tenth of a second
        if self._ca:
            return ssl.create_default_context(cafile=self._ca)
        context = ssl.create_default_context()  # of the operating system, or of SSL_CERT_FILE and SSL_CERT_DIR
        variable = next((name for name in _BUNDLES if os.environ.get(name)), None)
        bundle = os.environ[variable] if variable else DEFAULT_CA_BUNDLE_PATH
        try:
            context.load_verify_locations(**{"capath" if Path(bundle).is_dir() else "cafile": bundle})
        except OSError as error:
            raise requests.ConnectionError(f"{variable} names {bundle}, which is not usable: {error}") from error
        return context


class _Adapter(HTTPAdapter):
    """Trusts the authorities of a context, and no others."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._options: dict[str, Any] = {"ssl_context": context} if context else {}
        super().__init__()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **options, **self._options)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        return super().proxy_manager_for(proxy, **options, **self._options)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
        conn.ca_certs = None  # they would be added to those of the context


def timed_out(error: BaseException) -> bool:
    """Return whether a request failed because nothing came in time, or not all of the response.

    While a response is read, the library wraps a time-out in an error of the connection.
    """
    return any(isinstance(each, requests.Timeout | TimeoutError) for each in exception_chain(error))


def speaks_no_tls(error: BaseException) -> bool:
    """Return whether a request failed because the port does not speak TLS; a wrong certificate is no such failure.

    Some such ports answer in their own protocol, others wait for the end of a line that never comes.
    """
    if certificate_error(error):
        return False
    return any(isinstance(each, ssl.SSLError) or "handshake" in str(each) for each in exception_chain(error))


def certificate_error(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """Return why a certificate was not accepted, None if that is not why a request failed."""
    return next((each for each in exception_chain(error) if isinstance(each, ssl.SSLCertVerificationError)), None)


def is_untrusted(error: ssl.SSLCertVerificationError) -> bool:
    """Return whether a certificate was not accepted because of its authority."""
    return error.verify_code not in _WRONG_NAME | _EXPIRED
