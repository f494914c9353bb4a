"""Checks of the services from outside: whether each listens, its health, its responses and its clock."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from bdd.api.client import ApiClient, NoResponse, tls_advice
from bdd.api.clock import NoClock, service_clock_difference
from bdd.api.exchange import Exchange
from bdd.domain.resource import Service
from bdd.domain.resources import resources, services
from bdd.domain.test_data import unused_id
from bdd.settings.settings import Settings
from bdd.stacks.checks.check import Absent, Check, Failed
from bdd.system.exceptions import root_cause
from bdd.system.network import Unresolved, connect, resolve

_CONNECT_SECONDS = 3.0
_PORTS = {"http": 80, "https": 443}
_OK, _NOT_FOUND = 200, 404


class ServiceChecks:
    """The checks of the services of one platform.

    Args:
        settings: those of the run.
        api_urls: the services that the platform has: name -> address. The checks read it when they are made.
        absent: the services that it has not: name -> why. The same.
    """

    def __init__(self, settings: Settings, api_urls: Mapping[str, str], absent: Mapping[str, str]) -> None:
        self._absent = absent
        self._services = {
            name: _OneService(service, settings, api_urls, absent) for name, service in services().items()
        }

    def checks(self, *depends_on: str) -> list[Check]:
        """Return them, in order: one for a service that is known to be absent, four for each other one."""
        checks = []
        for name, service in self._services.items():
            listens, *others = service.checks(depends_on)
            checks += [listens] if name in self._absent else [listens, *others]
        return checks

    @property
    def listening(self) -> tuple[str, ...]:
        """The names of the checks whether the services listen."""
        return tuple(each.first for name, each in self._services.items() if name not in self._absent)


class _OneService:
    def __init__(
        self, service: Service, settings: Settings, api_urls: Mapping[str, str], absent: Mapping[str, str]
    ) -> None:
        self._name = service.name
        self._prefix = settings.of_service(service.short).prefix
        self._setting = f"{self._prefix}api_url"
        self._resources = [each for each in resources().values() if each.service == service]
        self._clock_tolerance = settings.clock_tolerance
        self._ca = settings.api_ca
        self._api_urls = api_urls
        self._absent = absent

    @property
    def _url(self) -> str:
        return self._api_urls[self._name]

    @property
    def first(self) -> str:
        """The name of the check whether it listens."""
        return self._name if self._prefix else "service"

    def checks(self, depends_on: tuple[str, ...]) -> list[Check]:
        return [
            Check(self.first, self._listens, depends_on),
            Check(self.named("health"), self._health, (self.first,)),
            Check(self.named("API"), self._answers, (self.first,)),
            Check(self.named("clock difference"), self._clock, (self.first,)),
        ]

    def named(self, check: str) -> str:
        """Return the name of a check: that of the service goes first where its settings have a prefix too."""
        return f"{self._name} {check}" if self._prefix else check

    def _listens(self) -> str:
        if self._name in self._absent:
            raise Absent(f"the platform has none: {self._absent[self._name]}")
        address = urlsplit(self._url)
        host, port = address.hostname or "", address.port or _PORTS[address.scheme]
        try:
            connect(resolve(host, _CONNECT_SECONDS), port, _CONNECT_SECONDS).close()
        except Unresolved as error:
            raise Failed(
                f"the name {host} does not resolve here: {error}. Is {self._setting} right?",
                f"getent hosts {host}",
            ) from error
        except ConnectionRefusedError as error:
            raise Failed(
                f"connection refused at {host}:{port}: the service is not running, or {self._setting} is not its "
                "address",
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
            raise Failed(f"{exchange}: its response is {exchange.in_brief}", self._curl("/health"))
        return f"{exchange}"

    def _answers(self) -> str:
        """Request of each resource all, and one that does not exist: reading changes nothing."""
        responses = []
        for resource in self._resources:
            api = resource.api
            for path in (resource.path, f"{resource.path}/{unused_id()}"):
                exchange = self._get(path)
                if violations := api.violations(exchange):
                    more = f" (and {len(violations) - 1} more)" if violations[1:] else ""
                    raise Failed(f"{exchange}; against {api}: {violations[0]}{more}", self._curl(path))
                responses.append(str(exchange))
        return f"as the contract has it: {', '.join(responses)}"

    def _clock(self) -> str:
        try:
            difference = service_clock_difference(self._url, self._ca)
        except NoClock as error:
            raise Failed(str(error), self._curl(self._resources[0].path)) from error
        if difference.exceeds(self._clock_tolerance):
            allowed = f"{self._clock_tolerance:g} s are allowed (clock_tolerance)"
            raise Failed(f"{difference}; {allowed}", "timedatectl")
        return str(difference)

    def _get(self, path: str) -> Exchange:
        client = ApiClient(self._url, self._ca)
        try:
            return client.send("GET", path)
        except NoResponse as error:
            advice = tls_advice(self._url, error, self._setting)
            sentence = f"GET {path} was not answered: {root_cause(error)}.{advice}"
            raise Failed(sentence, self._curl(path)) from error
        finally:
            client.close()

    def _curl(self, path: str) -> str:
        trusting = f"--cacert '{self._ca}' " if self._ca else ""
        return f"curl -i {trusting}'{self._url}{path}'"
