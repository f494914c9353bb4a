"""What the embedded stack needs of this machine, that it starts, and all that can be seen of it then."""

import subprocess

import typer

from bdd.commands.doctor.check import Check, Failed
from bdd.commands.doctor.kafka_checks import KafkaChecks
from bdd.commands.doctor.round_trip import event_check, start_check
from bdd.commands.doctor.service_checks import ServiceChecks
from bdd.settings.settings import Settings
from bdd.stacks.base import Stack
from bdd.stacks.embedded.distribution import BrokerUnavailable, prepare
from bdd.stacks.embedded.stack import EmbeddedStack
from bdd.stacks.factory import new_run_id

_FIRST_TIME_SECONDS = 300.0
_JAVA_SECONDS = 10
_AGAIN = "behave features/patient_created.feature"


def make_checks(settings: Settings, stack: Stack, *, try_it: bool) -> list[Check]:
    """Return the checks in their order."""
    assert isinstance(stack, EmbeddedStack), "it belongs to the settings"
    evidence = settings.evidence_dir / new_run_id() / "start"  # as a run names it
    checks = [
        Check("cache", lambda: _cache(settings), timeout=_FIRST_TIME_SECONDS),
        Check("Java", lambda: _java(settings), ("cache",)),
        start_check("start", stack, ("Java",), next_command=_AGAIN, evidence=evidence),
        *ServiceChecks(lambda: stack.api_url, settings.clock_tolerance).checks("start"),
        *KafkaChecks(settings, lambda: stack.bootstrap_servers).checks("start"),
    ]
    if try_it:
        checks.append(event_check(stack, settings, ("API", "topics"), next_command=_AGAIN))
    return checks


def _cache(settings: Settings) -> str:
    """The first time it is filled, as a run would do."""
    folder = settings.cache_dir
    try:
        distribution = prepare(folder, lambda line: typer.echo(line, err=True))
    except BrokerUnavailable as error:
        raise Failed(str(error), f"ls -ld {folder}") from error
    return f"Apache Kafka is ready in {distribution.template.parent}"


def _java(settings: Settings) -> str:
    command = [str(prepare(settings.cache_dir, lambda _: None).java), "-version"]
    try:
        told = subprocess.run(  # noqa: S603 - the project's own Java
            command, capture_output=True, text=True, timeout=_JAVA_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Failed(f"Java does not run on this machine: {error}", " ".join(command)) from error
    return told.stderr.splitlines()[0]
