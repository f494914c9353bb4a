"""The remote stack: a platform that runs already; only a recorder is started, unless one runs too."""

from functools import partial
from urllib.parse import urlsplit

from bdd.api.client import ApiClient, NoResponse, tls_advice
from bdd.domain.resource import Resource
from bdd.domain.resources import needed_topics, resources, services
from bdd.evidence.sources import CurrentState
from bdd.kafka.client_settings import client_settings
from bdd.kafka.connection.advice import explain
from bdd.kafka.connection.diagnosis import Diagnosis, diagnose
from bdd.recorder.client import RecorderClient, RecorderUnreachable
from bdd.results.model import Component
from bdd.settings.settings import Settings
from bdd.stacks.base import CannotStart, Stack, TryEvent
from bdd.stacks.checks.brokers import KafkaChecks, check_topics
from bdd.stacks.checks.check import Check, Failed
from bdd.stacks.checks.service import ServiceChecks
from bdd.stacks.local_recorder import LocalRecorder
from bdd.stacks.safety import refuse_public_hosts, refuse_unknown_host
from bdd.system.exceptions import root_cause
from bdd.system.http import certificate_error
from bdd.system.network import servers
from bdd.system.waiting import wait_until

_RECORDER_SECONDS = 20.0
_LOG = "docker compose logs --tail 50 {}"


class RemoteStack(Stack):
    """Services and brokers at given addresses; see `Stack`."""

    errors = {AssertionError: "The recorder did not come up"}  # noqa: RUF012 - a ClassVar, as `Stack` says

    def __init__(self, settings: Settings, run_id: str) -> None:
        super().__init__(settings, run_id)
        self._setting: dict[str, str] = {}
        for name, service in services().items():
            own = settings.of_service(service.short)
            setting = self._setting[name] = f"{own.prefix}api_url"
            if own.api_url:
                self.api_urls[name] = own.api_url
            else:
                self.absent[name] = f"no {setting} is given"
        self._bootstrap_servers = settings.bootstrap_servers

    def _start(self) -> None:
        """Check all addresses, then start a recorder or follow the one that runs."""
        self._check_where_it_writes()
        self._reach_all()
        self._ready("addresses")
        try:
            self.use_recorder(self._follow_recorder() or self._start_recorder())
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), *self._seen_from_here()])) from error
        # Only now: after a start that failed, the brokers may be the ones that were refused.
        self._sources["brokers.txt"] = CurrentState(lambda: "".join(f"{line}\n" for line in self._seen_from_here()))
        self._ready("recorder")

    def components(self) -> list[Component]:
        """See `Stack.components`; of brokers only the addresses are known."""
        brokers = [Component(name="kafka", address=self._bootstrap_servers)] if self._bootstrap_servers else []
        return [*super().components(), *brokers]

    def checks(self, try_event: TryEvent | None) -> list[Check]:
        """See `Stack.checks`; the recorder is checked only where one runs already."""
        of_services = ServiceChecks(self._settings, self.api_urls, self.absent)
        checks = of_services.checks()
        if servers := self._bootstrap_servers:
            checks += KafkaChecks(self._settings, lambda: servers).checks()
        if self._settings.recorder_url:
            checks += [
                Check("recorder", self._check_recorder),
                Check("recorder topics", self._check_recorder_topics, ("recorder",)),
            ]
        if try_event:
            reader = "recorder" if self._settings.recorder_url else "listeners"
            checks += [
                self._start_check("start", (*of_services.listening, reader), "python -m bdd doctor --help"),
                Check("event", lambda: try_event(_log), ("start",), timeout=None),
            ]
        return checks

    def _check_recorder(self) -> str:
        client = self._running_recorder()
        try:
            if client.ready():
                return f"{client.url} answers and is pinned"
        except RecorderUnreachable as error:
            raise Failed(str(error), f"curl -i '{client.url}/health'") from error
        raise Failed("it is not pinned to the end offsets: does it reach its brokers?", _LOG.format("recorder"))

    def _check_recorder_topics(self) -> str:
        try:
            return check_topics(self._running_recorder().topics(), "kafka:9092")
        except RecorderUnreachable as error:
            raise Failed(str(error), _LOG.format("recorder")) from error

    def _check_where_it_writes(self) -> None:
        hosts = {self._setting[name]: urlsplit(url).hostname or "" for name, url in self.api_urls.items()}
        allowed = self._settings.allow_host
        bootstrap = [server.host for server in servers(self._bootstrap_servers)] if self._bootstrap_servers else []
        found = {setting: [host] for setting, host in hosts.items()}
        refuse_public_hosts({**found, "bootstrap_servers": bootstrap}, allowed)
        for setting, host in hosts.items():
            refuse_unknown_host(setting, host, allowed)

    def _reach_all(self) -> None:
        """Reach for all before reporting one: where several are down, they have one reason."""
        errors = []
        paths = {
            each.service.name: each.path for each in resources().values() if each.service.name in self.api_urls
        }
        to_services = [partial(self._reach_service, *each) for each in paths.items()]
        for reach in (*to_services, partial(self._reach_brokers)):
            try:
                reach()
            except CannotStart as error:
                errors.append(error)
        if errors:
            raise CannotStart("\n".join(map(str, errors))) from errors[0]

    def _reach_service(self, name: str, path: str) -> None:
        """Accept any response: what it should be is for the features to check."""
        url, setting = self.api_urls[name], self._setting[name]
        api = ApiClient(url, self._settings.api_ca)
        try:
            api.send("GET", path)
        except NoResponse as error:
            question = "" if certificate_error(error) else f" Is it running, and is {setting} right?"
            raise CannotStart(
                f"The {name} cannot be reached: GET {url}{path}: {root_cause(error)}."
                f"{question}{tls_advice(url, error, setting)}"
            ) from error
        finally:
            api.close()

    def _reach_brokers(self) -> None:
        """Check what they advertise too. Without bootstrap_servers a recorder runs already and has its own."""
        if not self._bootstrap_servers:
            return
        diagnosis = self._diagnose(self._bootstrap_servers)
        if not diagnosis.sound:
            raise CannotStart(explain(diagnosis))
        advertised = [each.server.host for each in diagnosis.advertised.values()]
        refuse_public_hosts({"what the brokers advertise": advertised}, self._settings.allow_host)

    def _diagnose(self, bootstrap_servers: str) -> Diagnosis:
        return diagnose(bootstrap_servers, client_settings(bootstrap_servers, self._settings))

    def _seen_from_here(self) -> list[str]:
        """Return the present state of the brokers as seen from this machine, for messages and for evidence."""
        return [explain(self._diagnose(self._bootstrap_servers))] if self._bootstrap_servers else []

    def _start_recorder(self) -> RecorderClient:
        assert self._bootstrap_servers, "the settings require it where no recorder runs"
        recorder = LocalRecorder(self._make_folder(), self._bootstrap_servers, self._settings)
        self._add_process(recorder.process)
        return recorder.wait_ready(_RECORDER_SECONDS)

    def _follow_recorder(self) -> RecorderClient | None:
        """Return a client of the recorder that runs already, None if there is none."""
        if not self._settings.recorder_url:
            return None
        client = self._running_recorder()

        def pinned() -> None:
            assert client.ready(), "it is not pinned to the end offsets yet: does it reach its brokers?"

        try:
            client.ready()  # first: one that does not answer now is not waited for
            wait_until(pinned, description=f"the recorder at {client.url}", timeout=_RECORDER_SECONDS)
            client.skip_to(client.fence())  # what it read before belongs to other runs
        except RecorderUnreachable as error:
            raise CannotStart(
                f"The recorder cannot be followed: {error}. Does it run, and are recorder_url and recorder_token "
                f"its own?{tls_advice(client.url, error, 'recorder_url')}"
            ) from error
        client.start(_RECORDER_SECONDS)
        return client

    def _running_recorder(self) -> RecorderClient:
        url, token = self._settings.recorder_url, self._settings.recorder_token
        assert url, "it is called only with a recorder_url"
        assert token, "the settings require it with a recorder_url"
        client = RecorderClient(url, token.get_secret_value(), self._settings.api_ca)
        client.needed = needed_topics(self.api_urls)
        return client


def _log(resource: Resource) -> str:
    return _LOG.format(resource.service.name)
