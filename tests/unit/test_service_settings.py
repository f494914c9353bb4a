"""The settings about each service: the patient service's own, and those of others with their names before them."""

from pathlib import Path

import pytest

from bdd.settings.settings import InvalidSetting, ServiceSettings, load_settings

ENV_FILE = Path(".env")
REMOTE = {"stack": "remote", "api_url": "http://127.0.0.1:8001", "bootstrap_servers": "127.0.0.1:9092"}


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has its own `.env`."""
    monkeypatch.chdir(tmp_path)


SERVICES = ("patient", "therapist", "waiting-room")


def refusal(given: dict[str, str]) -> str:
    with pytest.raises(InvalidSetting) as wrong:
        load_settings(given, ENV_FILE, services=SERVICES)
    return str(wrong.value)


def test_each_service_has_settings_of_its_own_wherever_they_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    ENV_FILE.write_text("BDD_WAITING_ROOM_API_URL=http://127.0.0.1:8003/\n")
    monkeypatch.setenv("BDD_THERAPIST_API_URL", "http://127.0.0.1:8002")
    settings = load_settings(REMOTE, ENV_FILE, services=SERVICES)
    assert settings.of_service("patient") == ServiceSettings("", api_url=REMOTE["api_url"])
    assert settings.of_service("therapist") == ServiceSettings("therapist_", api_url="http://127.0.0.1:8002")
    assert settings.of_service("waiting-room") == ServiceSettings("waiting_room_", api_url="http://127.0.0.1:8003")
    monkeypatch.delenv("BDD_THERAPIST_API_URL")
    ENV_FILE.unlink()
    assert load_settings(REMOTE, ENV_FILE, services=SERVICES).of_service("therapist").api_url is None
    given = {"stack": "attached", "project": "theirs", "service": "api", "broker": "redpanda"}
    given |= {"therapist_service": "people", "therapist_port": "80", "therapist_api_url": "http://127.0.0.1:8002"}
    assert "therapist_api_url belongs to -D stack=remote; the stack is attached" in refusal(given)
    del given["therapist_api_url"]
    settings = load_settings(given, ENV_FILE, services=SERVICES)
    assert settings.of_service("patient") == ServiceSettings("", service="api")
    assert settings.of_service("therapist") == ServiceSettings("therapist_", service="people", port=80)
    assert settings.broker == "redpanda"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"therapist_api_ulr": "http://a"},
            "The setting -D therapist_api_ulr is unknown. Did you mean therapist_api_url? There are: stack, ",
        ),
        (
            {"therapist_api_url": " "},
            "The setting therapist_api_url is empty. Give it a value, or leave it out. "
            "(remote: where the therapist service answers)",
        ),
        (
            {"therapist_api_url": "true"},
            "The setting -D therapist_api_url has no value. Give it one: -D therapist_api_url=… (remote: where",
        ),
        (
            {"therapist_api_url": "http://h/api/therapists"},
            "The setting therapist_api_url is 'http://h/api/therapists'; allowed is: an address without "
            "/api/therapists, which is added to it: http://h. (remote: where the therapist service answers)",
        ),
        ({"waiting_room_port": "0"}, "The setting waiting_room_port is '0'; allowed is: a whole number from 1 to "),
        ({"waiting_room_service": ""}, "The setting waiting_room_service is empty."),
        ({"patient_api_url": "http://a"}, "The setting -D patient_api_url is unknown. Did you mean"),
        ({"therapist_broker": "kafka"}, "The setting -D therapist_broker is unknown."),
    ],
)
def test_a_setting_of_another_service_is_checked_like_the_patient_services_own(
    given: dict[str, str], message: str
) -> None:
    assert refusal({**REMOTE, **given}).startswith(message)


def test_settings_of_a_service_that_nobody_knows_are_refused() -> None:
    with pytest.raises(InvalidSetting, match=r"^The setting -D therapist_api_url is unknown\."):
        load_settings({**REMOTE, "therapist_api_url": "http://a"}, ENV_FILE)
    ENV_FILE.write_text("THERAPIST_PORT=80\n")  # of another program, without BDD_
    assert load_settings(REMOTE, ENV_FILE, services=SERVICES).of_service("therapist").port is None
