"""Checks whether events show up: one of each resource is created, looked for, and deleted."""

import shlex
from collections.abc import Callable

from bdd.api.client import ApiClient, NoResponse
from bdd.domain.resource import Resource
from bdd.domain.resources import resources
from bdd.domain.test_data import as_json, example
from bdd.domain.world import World
from bdd.settings.settings import Settings
from bdd.stacks.base import Stack
from bdd.stacks.checks.check import Failed
from bdd.system.processes import signals_wait
from bdd.verdict.checks import check_published
from bdd.verdict.ledger import Ledger
from bdd.verdict.observer import Observer

MARK = "doctor"


def try_event(stack: Stack, settings: Settings, next_command: Callable[[Resource], str]) -> str:
    """Create one of each resource that the platform has, see its event, delete it again, and see that event too.

    The run's own ledger and matchers decide whether an event is the right one.

    Args:
        stack: a started one.
        settings: those of the run; its deadline and its clock tolerance are used.
        next_command: returns what to type when an event does not show up; it leads to the service's log.

    Raises:
        Failed: a request was refused, or an event did not come or is not the right one.
    """
    world = _world(stack, settings)
    try:
        for resource in resources().values():
            if resource.service.name in stack.api_urls:
                _RoundTrip(world, resource, next_command(resource)).carry_out()
    finally:
        for client in world.clients.values():
            client.close()
    events = "; ".join(map(str, world.observer.scenario_log.claims()))
    return f"{events}; {' and '.join(map(str, world.entities))} deleted again"


def _world(stack: Stack, settings: Settings) -> World:
    ledger = Ledger(stack.recorder, MARK, settings.clock_tolerance)
    observer = Observer(
        ledger,
        ledger.open_scenario_log(MARK, ""),
        stack.recorder,
        trouble=stack.trouble,
        platform=lambda: stack.trouble() or "nothing has ended",
    )
    return World(
        clients={name: ApiClient(url, settings.api_ca) for name, url in stack.api_urls.items()},
        absent=stack.absent,
        observer=observer,
        topics=stack.recorder.topics,
        default_deadline=settings.deadline,
        deadline_factor=settings.deadline_factor,
    )


class _RoundTrip:
    def __init__(self, world: World, resource: Resource, next_command: str) -> None:
        self._world = world
        self._resource = resource
        self._next_command = next_command
        self._client = world.clients[resource.service.name]

    def carry_out(self) -> None:
        try:
            with signals_wait():  # without its id here the entity would stay
                self._create()
            self._check_events()
        except BaseException as error:  # an interruption too must not leave the entity behind
            self._delete(because=error)
            raise
        self._delete()
        self._check_events()

    def _create(self) -> None:
        self._world.step = f"create a synthetic {self._resource.noun}"
        data = example(self._resource, self._world.mark)
        had = len(self._world.entities)
        try:
            self._world.create(self._resource, data)
            response = self._world.response
            advice = f"\n{response.wrong_address}" if response.wrong_address else ""
            assert len(self._world.entities) > had, f"{response}: {response.in_brief}{advice}"
        except NoResponse as error:
            raise self._no_response(error) from error
        except AssertionError as error:
            raise Failed(
                f"no event can show up, for the request was refused: {error}",
                f"curl -i '{self._client.url}{self._resource.path}' -H 'Content-Type: application/json' "
                f"-d {shlex.quote(as_json(data))}",
            ) from error

    def _delete(self, because: BaseException | None = None) -> None:
        """Delete what was created; when that fails, the message also reports what failed before."""
        for entity in self._world.existing(self._resource):
            try:
                exchange = self._client.send("DELETE", entity.path) if because else self._world.delete(entity)
            except NoResponse as error:
                raise self._no_response(error) from error
            except AssertionError as error:  # something has broken: it is deleted all the same
                self._delete(because=error)
                raise Failed(str(error), f"curl -i '{self._client.url}/health'") from error
            if not exchange.accepted:
                before = f"{because}\n" if because else ""
                response = f"{exchange}: {exchange.in_brief}"
                raise Failed(
                    f"{before}{response}; the synthetic {entity} is still there",
                    f"curl -i -X DELETE '{self._client.url}{entity.path}'",
                ) from because

    def _check_events(self) -> None:
        for expectation in self._world.observer.scenario_log.open():
            try:
                check_published(self._world.observer, expectation.event_type, self._world.deadline())
            except AssertionError as error:
                raise Failed(
                    f"the service answered, but its event did not show up as expected: {str(error).strip()}\n"
                    "If no event came, the service has ended, answers before it publishes (give it more time: "
                    "-D deadline=…), or publishes to another broker than the one that is read here.",
                    self._next_command,
                ) from error

    def _no_response(self, error: NoResponse) -> Failed:
        return Failed(str(error), f"curl -i '{self._client.url}/health'")
