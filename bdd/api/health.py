"""Waits until a service says that it is well."""

from collections.abc import Callable

import requests

from bdd.system.exceptions import innermost
from bdd.system.network import session_for
from bdd.system.waiting import wait_until

_ANSWER_SECONDS = 5.0
_EVERY_SECONDS = 0.02


def wait_healthy(url: str, *, within: float, give_up: Callable[[], str | None] = lambda: None) -> None:
    """Return as soon as `GET <url>/health` is answered with a status below 400.

    Args:
        url: the service's address.
        within: the deadline in seconds.
        give_up: see `wait_until`.

    Raises:
        AssertionError: it was not healthy in time, or cannot become so; the message says what it answered last.
    """
    with session_for(url) as session:

        def healthy() -> None:
            try:
                answer = session.get(f"{url}/health", timeout=_ANSWER_SECONDS)
            except requests.RequestException as fault:
                raise AssertionError(f"GET /health: {innermost(fault)}") from fault
            assert answer.ok, f"GET /health -> {answer.status_code}: {answer.text}"

        wait_until(
            healthy,
            what=f"the service at {url}",
            within=within,
            give_up=give_up,
            every=_EVERY_SECONDS,
        )
