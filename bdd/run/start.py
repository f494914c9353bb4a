"""The start of a run: a list of stages, each of which can end it with a sentence for the user."""

import atexit
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bdd.contracts import asyncapi as contract
from bdd.contracts.asyncapi import InvalidContract
from bdd.domain.own_contracts import use_contracts
from bdd.domain.resources import needed_topics, short_names
from bdd.evidence.collecting import collect_sources
from bdd.kafka.client_settings import client_settings
from bdd.kafka.user import user_of
from bdd.output.folders import CannotWrite, check_writable
from bdd.recorder.client import RecorderUnreachable
from bdd.report.verdict import no_service
from bdd.results.known import InvalidKnownFailures, load_known_failures
from bdd.run.session import Session
from bdd.settings.settings import InvalidSetting, Settings, load_settings
from bdd.stacks.base import CannotStart, Stack
from bdd.stacks.factory import make_stack
from bdd.system.signals import raise_interrupt_on_signals


class NothingSelected(Exception):
    """The run would execute no scenario; the message says why."""


class InvalidFeature(Exception):
    """A feature would not execute what it says; the message has a line for each place."""


CANNOT_START = (
    InvalidSetting,
    InvalidContract,
    InvalidFeature,
    InvalidKnownFailures,
    NothingSelected,
    CannotWrite,
    CannotStart,
)
"""The exceptions of `start_session` whose message is a sentence for the user."""


@dataclass(frozen=True)
class Request:
    """The options of a run.

    Attributes:
        userdata: the settings given with `behave -D`.
        junit_directory: the folder for JUnit files, None for no such files.
        feature_errors: a sentence for each mistake in the selected features.
        known_tags: the tags that scenarios have.
        requested_tags: the tags in the run's tag expression that a scenario should have.
        selected_tags: the tags of each scenario that will be executed.
        empty_shard: the name of the run's shard if that has no scenario, because there are fewer than shards.
    """

    userdata: Mapping[str, str]
    junit_directory: Path | None
    feature_errors: Sequence[str]
    known_tags: Set[str]
    requested_tags: Set[str]
    selected_tags: Sequence[Set[str]]
    empty_shard: str = ""


def start_session(request: Request, run_id: str, add_cleanup: Callable[[Callable[[], None]], object]) -> Session:
    """Start everything that scenarios need and return the session.

    Args:
        request: the run's options.
        run_id: its name.
        add_cleanup: registers a function to call at the end of the run, however it ends.

    Raises:
        InvalidSetting, InvalidContract, InvalidFeature, InvalidKnownFailures, CannotWrite: nothing has been
            started.
        NothingSelected: nothing has been started, or the platform lacks what all scenarios need.
        CannotStart: the platform or the recorder did not start.
    """
    settings = _load_settings(request.userdata)
    if request.feature_errors:
        raise InvalidFeature("\n".join(request.feature_errors))
    _check_selection(request)
    _check_folders(settings, request.junit_directory)
    session = Session(settings, run_id, make_stack(settings, run_id), load_known_failures(settings.known))
    raise_interrupt_on_signals()  # behave cleans up after SIGINT only
    add_cleanup(session.stop)
    atexit.register(session.stack.stop)  # in case a second signal ends the clean-up
    _start_stack(session.stack, session.evidence_folder / "start")
    _check_what_remains(request, session.stack.absent, session.stack.lacking)
    _check_topics(session.stack, user_of(client_settings("", settings)))
    session.begin_scenarios()
    return session


def results_place(userdata: Mapping[str, str]) -> tuple[Path, str]:
    """Return the folder of the results and the stack; of a run whose settings are wrong, the stack is empty.

    Args:
        userdata: the settings given with `behave -D`.
    """
    own = {name: value for name, value in userdata.items() if name == "results_dir"}
    with suppress(InvalidSetting):
        settings = load_settings(userdata, services=short_names())
        return settings.results_dir, settings.stack
    with suppress(InvalidSetting):  # another setting may be the wrong one
        return load_settings(own, services=short_names()).results_dir, ""
    return Path(str(Settings.model_fields["results_dir"].default)), ""


def _load_settings(userdata: Mapping[str, str]) -> Settings:
    settings = load_settings(userdata, services=short_names())
    use_contracts(settings.contract, settings.openapi)
    return settings


def _check_selection(request: Request) -> None:
    if unknown := sorted(request.requested_tags - request.known_tags):
        names = ", ".join(f"@{tag}" for tag in unknown)
        known = ", ".join(sorted(request.known_tags)) or "none"
        raise NothingSelected(f"No scenario has the tag {names}; there are: {known}")
    if request.selected_tags and request.empty_shard:
        raise NothingSelected(
            f"The shard {request.empty_shard} has no scenario: only {len(request.selected_tags)} were selected. "
            "Run fewer shards."
        )
    if not request.selected_tags:
        raise NothingSelected("No scenario matches the given files, names and tags.")


def _check_folders(settings: Settings, junit_directory: Path | None) -> None:
    check_writable(settings.evidence_dir, "-D evidence_dir=…")
    check_writable(settings.results_dir, "-D results_dir=…")
    if settings.run_dir:
        check_writable(settings.run_dir, "-D run_dir=…")
    if junit_directory:
        check_writable(junit_directory, "--junit-directory …")


def _start_stack(stack: Stack, evidence_folder: Path) -> None:
    try:
        stack.start()
    except CannotStart as error:
        if not (sources := stack.evidence()):
            raise
        collect_sources(evidence_folder, sources)
        raise CannotStart(f"{error}\n      evidence: {evidence_folder}") from error


def _check_what_remains(request: Request, absent: Mapping[str, str], lacking: Mapping[str, str]) -> None:
    """Refuse a run of scenarios for something that the platform lacks, and of no others.

    Args:
        request: the run's options.
        absent: the services that it does not have: name -> why.
        lacking: the tags of other scenarios that cannot be executed -> why.
    """
    for name, reason in absent.items():
        if name in request.requested_tags:
            raise NothingSelected(f"@{name} is requested, but the platform has none: {reason}.")
    for tag, why in lacking.items():
        if tag in request.requested_tags:
            raise NothingSelected(f"@{tag} is requested, but {why}.")
    reasons = {**{name: no_service(name, why) for name, why in absent.items()}, **lacking}
    if all(tags & reasons.keys() for tags in request.selected_tags):
        missing = (tag for tag in reasons if any(tag in tags for tags in request.selected_tags))
        raise NothingSelected(f"Nothing remains: {'; '.join(reasons[tag] for tag in missing)}.")


def _check_topics(stack: Stack, user: str) -> None:
    """Check the topics that scenarios about the platform's services need; a feature checks the others."""
    try:
        existing = stack.recorder.topics()
        stack.recorder.fence()
    except RecorderUnreachable as error:
        raise CannotStart(stack.trouble() or str(error)) from error
    shown = ", ".join(sorted(existing)) or "none"
    for topic in needed_topics(stack.api_urls):
        if topic not in existing:
            partitions = contract.current().partitions[topic]
            raise CannotStart(
                f"The topic {topic} does not exist, or {user} may not see it. The broker shows: {shown}. "
                f"Create it with {partitions} partitions, or check whether this is the right broker."
            )
