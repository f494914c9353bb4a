"""Checks whether events show up: a synthetic patient is created, looked for, and deleted."""

from bdd.api.client import ApiClient, NoResponse
from bdd.api.exchange import Exchange
from bdd.domain.patients import synthetic_data
from bdd.domain.resources.patients import RESOURCE as PATIENTS
from bdd.domain.world import World
from bdd.settings.settings import Settings
from bdd.stacks.base import Stack
from bdd.stacks.checks.check import Failed
from bdd.system.processes import signals_wait
from bdd.verdict.checks import check_published
from bdd.verdict.ledger import Ledger
from bdd.verdict.observer import Observer

MARK = "doctor"


def try_event(stack: Stack, settings: Settings, next_command: str) -> str:
    """Create a patient, see its event, delete it again, and see that event too.

    The run's own ledger and matchers decide whether an event is the right one.

    Args:
        stack: a started one.
        settings: those of the run; its deadline and its clock tolerance are used.
        next_command: what to type when an event does not show up; it leads to the service's log.

    Raises:
        Failed: a request was refused, or an event did not come or is not the right one.
    """
    world = _world(stack, settings)
    try:
        try:
            with signals_wait():  # without its id here the patient would stay
                _create(world)
            _check(world, "patient.created", next_command)
        except BaseException as error:  # an interruption too must not leave the patient behind
            _delete(world, because=error)
            raise
        _delete(world)
        _check(world, "patient.deleted", next_command)
    finally:
        world.api.close()
    created, deleted = world.observer.scenario_log.claims()
    return f"{created}; {deleted}; the patient is deleted again"


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
        ApiClient(stack.api_urls[PATIENTS.service.name]),
        observer,
        stack.recorder.topics,
        settings.deadline,
        settings.deadline_factor,
    )


def _create(world: World) -> None:
    world.step = "create a synthetic patient"
    try:
        world.create_patient(synthetic_data(world.mark))
        assert world.patients, f"{world.response}: {world.response.body[:200].strip()}"
    except NoResponse as error:
        raise _no_response(world, error) from error
    except AssertionError as error:
        raise Failed(
            f"no event can show up, for the request was refused: {error}",
            f"curl -i '{world.api.url}/api/patients' -H 'Content-Type: application/json' "
            """-d '{"vorname": "Erika", "nachname": "Mustermann"}'""",
        ) from error


def _delete(world: World, because: BaseException | None = None) -> None:
    """Delete the patient; when that fails, the message also reports what failed before."""
    for patient in world.patients:
        try:
            exchange = world.api.send("DELETE", patient.path) if because else _delete_by_step(world)
        except NoResponse as error:
            raise _no_response(world, error) from error
        if not exchange.accepted:
            before = f"{because}\n" if because else ""
            response = f"{exchange}: {exchange.body[:200].strip()}"
            raise Failed(
                f"{before}{response}; the synthetic patient {patient.id} is still there",
                f"curl -i -X DELETE '{world.api.url}{patient.path}'",
            ) from because


def _delete_by_step(world: World) -> Exchange:
    world.step = "delete it"
    try:
        world.delete_patient(world.patient)
    except AssertionError as error:  # something has broken: the patient is deleted all the same
        _delete(world, because=error)
        raise Failed(str(error), f"curl -i '{world.api.url}/health'") from error
    return world.response


def _check(world: World, event_type: str, next_command: str) -> None:
    try:
        check_published(world.observer, event_type, world.deadline())
    except AssertionError as error:
        raise Failed(
            f"the service answered, but its event did not show up as expected: {str(error).strip()}\n"
            "If no event came, the service has ended, answers before it publishes (give it more time: "
            "-D deadline=…), or publishes to another broker than the one that is read here.",
            next_command,
        ) from error


def _no_response(world: World, error: NoResponse) -> Failed:
    return Failed(str(error), f"curl -i '{world.api.url}/health'")
