"""A small HTTP service on 127.0.0.1."""

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.certificates import Certificate

Respond = Callable[[BaseHTTPRequestHandler, bytes], tuple[int, bytes, Mapping[str, str]]]
"""Returns status, body and headers for a request and its body."""


@contextmanager
def http_service(respond: Respond, certificate: Certificate | None = None) -> Iterator[str]:
    """Run a service until the block ends and yield its address; its responses have no headers of their own.

    Args:
        respond: what it answers.
        certificate: its certificate; with one it speaks TLS.
    """

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            status, body, headers = respond(self, self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            self.send_response_only(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = respond  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.certificate, certificate.key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
