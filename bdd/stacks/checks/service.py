"""Checks of the patient service from outside: whether it listens, its health, its responses and its clock."""

from collections.abc import Callable
from urllib.parse import urlsplit

from bdd.api.client import ApiClient, NoResponse, tls_advice
from bdd.api.clock import NoClock, service_clock_difference
from bdd.api.exchange import Exchange
from bdd.domain.resources import resources
from bdd.domain.test_data import unused_id
from bdd.stacks.checks.check import Check, Failed
from bdd.system.exceptions import root_cause
from bdd.system.network import Unresolved, connect, resolve

PATIENTS = resources()["patient"]
_CONNECT_SECONDS = 3.0
_PORTS = {"http": 80, "https": 443}
_OK, _NOT_FOUND = 200, 404


class ServiceChecks:
    """The checks of one service.

    Args:
        url: returns the service's address.
        clock_tolerance: the seconds by which its clock may differ.
    """

    def __init__(self, url: Callable[[], str], clock_tolerance: float) -> None:
        self._url = url
        self._clock_tolerance = clock_tolerance

    def checks(self, *depends_on: str) -> list[Check]:
        """Return them, in order."""
        return [
            Check("service", self._listens, depends_on),
            Check("health", self._health, ("service",)),
            Check("API", self._answers, ("service",)),
            Check("clock difference", self._clock, ("service",)),
        ]

    def _listens(self) -> str:
        address = urlsplit(self._url())
        host, port = address.hostname or "", address.port or _PORTS[address.scheme]
        try:
            connect(resolve(host, _CONNECT_SECONDS), port, _CONNECT_SECONDS).close()
        except Unresolved as error:
            raise Failed(
                f"the name {host} does not resolve here: {error}. Is api_url right?", f"getent hosts {host}"
            ) from error
        except ConnectionRefusedError as error:
            raise Failed(
                f"connection refused at {host}:{port}: the service is not running, or api_url is not its address",
                "docker compose ps --all",
            ) from error
        except OSError as error:
            raise Failed(f"{host}:{port} does not answer: {root_cause(error)}", self._curl("/health")) from error
        return f"{host}:{port} takes connections"

    def _health(self) -> str:
        exchange = self._get("/health")
        if exchange.status == _NOT_FOUND:
            return "it has no /health (404), which is optional: the API is checked below"
        if exchange.status != _OK:
            raise Failed(f"{exchange}: its response is {exchange.body[:200].strip()}", self._curl("/health"))
        return f"{exchange}"

    def _answers(self) -> str:
        """Request a list and a patient that does not exist: reading changes nothing."""
        api, responses = PATIENTS.api, []
        for path in (PATIENTS.path, f"{PATIENTS.path}/{unused_id()}"):
            exchange = self._get(path)
            if violations := api.violations(exchange):
                more = f" (and {len(violations) - 1} more)" if violations[1:] else ""
                raise Failed(f"{exchange}; against {api}: {violations[0]}{more}", self._curl(path))
            responses.append(str(exchange))
        return f"as the contract has it: {', '.join(responses)}"

    def _clock(self) -> str:
        try:
            difference = service_clock_difference(self._url())
        except NoClock as error:
            raise Failed(str(error), self._curl(PATIENTS.path)) from error
        if difference.exceeds(self._clock_tolerance):
            allowed = f"{self._clock_tolerance:g} s are allowed (clock_tolerance)"
            raise Failed(f"{difference}; {allowed}", "timedatectl")
        return str(difference)

    def _get(self, path: str) -> Exchange:
        client = ApiClient(self._url())
        try:
            return client.send("GET", path)
        except NoResponse as error:
            advice = tls_advice(self._url(), error)
            sentence = f"GET {path} was not answered: {root_cause(error)}.{advice}"
            raise Failed(sentence, self._curl(path)) from error
        finally:
            client.close()

    def _curl(self, path: str) -> str:
        return f"curl -i '{self._url()}{path}'"
