"""What can be seen of a platform somewhere else: its service, its brokers, and its recorder where it has one."""

from bdd.commands.doctor.check import Check, Failed
from bdd.commands.doctor.kafka_checks import KafkaChecks, check_topics
from bdd.commands.doctor.round_trip import event_check, start_check
from bdd.commands.doctor.service_checks import ServiceChecks
from bdd.recorder.client import RecorderClient, RecorderUnreachable
from bdd.settings.settings import Settings
from bdd.stacks.base import Stack

_LOG_OF_RECORDER = "docker compose logs --tail 50 recorder"


def make_checks(settings: Settings, stack: Stack, *, try_it: bool) -> list[Check]:
    """Return the checks in their order."""
    checks = ServiceChecks(lambda: settings.api_url or "", settings.clock_tolerance).checks()
    if servers := settings.bootstrap_servers:
        checks += KafkaChecks(settings, lambda: servers).checks()
    if settings.recorder_url:
        checks += _of_recorder(settings)
    if try_it:
        ready = ("API", "recorder topics" if settings.recorder_url else "topics")
        checks += [
            start_check("start", stack, ready, next_command="python -m bdd doctor --help"),
            event_check(stack, settings, ("start",), next_command="docker compose logs --tail 50 patient-service"),
        ]
    return checks


def _of_recorder(settings: Settings) -> list[Check]:
    assert settings.recorder_url, "it is asked for first"
    assert settings.recorder_token, "the settings ask for it with a recorder_url"
    client = RecorderClient(settings.recorder_url, settings.recorder_token.get_secret_value())

    def ready() -> str:
        try:
            if client.ready():
                return f"{client.url} answers and is pinned"
        except RecorderUnreachable as error:
            raise Failed(str(error), f"curl -i '{client.url}/health'") from error
        raise Failed("it is not pinned to the end offsets: does it reach its brokers?", _LOG_OF_RECORDER)

    def topics() -> str:
        try:
            return check_topics(client.topics(), "kafka:9092")
        except RecorderUnreachable as error:
            raise Failed(str(error), _LOG_OF_RECORDER) from error

    return [Check("recorder", ready), Check("recorder topics", topics, ("recorder",))]
