"""Waits until a service is healthy."""

from collections.abc import Callable

import requests

from bdd.system.exceptions import root_cause
from bdd.system.http import session_for
from bdd.system.waiting import wait_until

_RESPONSE_SECONDS = 5.0
_INTERVAL_SECONDS = 0.02


def wait_healthy(url: str, *, timeout: float, abort_if: Callable[[], str | None] = lambda: None) -> None:
    """Return as soon as `GET <url>/health` responds with a status below 400.

    Args:
        url: the service's address.
        timeout: the deadline in seconds.
        abort_if: see `wait_until`.

    Raises:
        AssertionError: it was not healthy in time, or cannot become so; the message has its last response.
    """
    with session_for(url) as session:

        def healthy() -> None:
            try:
                response = session.get(f"{url}/health", timeout=_RESPONSE_SECONDS)
            except requests.RequestException as error:
                raise AssertionError(f"GET /health: {root_cause(error)}") from error
            assert response.ok, f"GET /health -> {response.status_code}: {response.text}"

        wait_until(
            healthy,
            description=f"the service at {url}",
            timeout=timeout,
            abort_if=abort_if,
            interval=_INTERVAL_SECONDS,
        )
