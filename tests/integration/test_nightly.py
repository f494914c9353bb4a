"""Nights on a real platform, with receivers that are really there: exit code, what is said, what is kept."""

import re
import signal
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from bdd.run.process import remote
from bdd.stacks.embedded.broker import EmbeddedBroker
from tests.support.nights import NightRun
from tests.support.receivers import SECRET, mail_server, text_of, webhook
from tests.support.running import LONG, QUICK, patient_service

FAULTY = "tests.support.faulty_service", "patient-service"
NAME = "One patient"

pytestmark = pytest.mark.usefixtures("distribution")  # so that no night waits for the download


def test_sound_broken_and_mended_nights_are_told_to_a_mail_server_and_a_webhook(
    tmp_path: Path, broker: EmbeddedBroker
) -> None:
    with mail_server() as mail, webhook() as hook:
        for number, (defect, code) in enumerate([("", 0), ("key-none", 1), ("key-none", 1), ("", 0)], start=1):
            service = [*FAULTY, defect, f"{number}000000"] if defect else []
            folder = tmp_path / f"service-{number}"
            folder.mkdir()
            with patient_service(folder, broker.bootstrap_servers, *service) as url:
                # The same platform for the history: the address is no part of what runs are compared by.
                night = NightRun(
                    tmp_path, number, QUICK, *remote(url, broker.bootstrap_servers), to=[mail.url, hook.url]
                )
                assert night.end() == code, night.output
            assert "Notice: sent to 2 of 2 receivers" in night.output
            assert not night.left_over()
    assert [each["Subject"] for each in mail.got] == [each["title"] for each in hook.got]
    first, broken, still, mended = (each["message"] for each in hook.got)
    assert "There is no earlier run of these scenarios" in first
    assert f"newly broken (1):\n- {NAME}" in broken
    assert "- patient.created without a key: 1 scenario\n  next: " in broken
    assert f"still broken (1):\n- {NAME} (since " in still
    assert f"mended (1):\n- {NAME}" in mended
    assert [each["type"] for each in hook.got] == ["success", "failure", "failure", "success"]
    for message, told in zip(mail.got, hook.got, strict=True):
        assert text_of(message).splitlines()[0] == told["message"].splitlines()[0]
        (attached,) = message.iter_attachments()
        assert re.fullmatch(r"report-\d{8}-\d{6}-\w{6}\.html", attached.get_filename())
        assert NAME in attached.get_content()
    assert len(list(night.results.glob("*.json"))) == 4
    assert_no_secret_in(tmp_path)


def assert_no_secret_in(folder: Path) -> None:
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert [file for file in files if SECRET.encode() in file.read_bytes()] == []


def test_a_stack_that_does_not_come_up_is_not_judged_and_a_dead_receiver_is_said(
    tmp_path: Path, closed_port: int
) -> None:
    nowhere = remote(f"http://127.0.0.1:{closed_port}", f"127.0.0.1:{closed_port}")
    dead = f"json://127.0.0.1:{closed_port}/{SECRET}"
    with webhook() as hook:
        night = NightRun(tmp_path, 1, QUICK, *nowhere, to=[dead, hook.url])
        assert night.end() == 2, night.output
    run = night.newest()
    assert run.end
    assert (run.end.judged, run.green) == (False, False)
    (told,) = hook.got
    assert told["title"] == "The platform could not be judged (remote)"
    assert f"127.0.0.1:{closed_port}" in told["message"]
    assert told["type"] == "warning"
    assert "Notice: sent to 1 of 2 receivers" in night.printed
    assert "nightly: receiver 1 of notify_to (JSON) was not notified: " in night.errors
    assert night.last_line().startswith("NIGHTLY: the platform could not be judged (exit code 2): RED: nothing was")
    assert run.end.troubles
    assert run.end.troubles[0].startswith("receiver 1 of notify_to (JSON) was not notified: ")
    assert "receiver 1 of notify_to (JSON) was not notified: " in night.page()
    assert_no_secret_in(tmp_path)


def test_a_night_that_is_asked_to_end_says_so_in_results_report_and_notice(tmp_path: Path) -> None:
    with webhook() as hook:
        night = NightRun(tmp_path, 1, LONG, to=[hook.url])
        night.under_way()
        night.child("kafka.Kafka")
        night.process.send_signal(signal.SIGTERM)
        assert night.end() == 2, night.output
    assert not night.left_over()
    end = night.newest().end
    assert end
    assert end.abort_reason == "the night was interrupted"
    assert "the night was interrupted" in hook.got[0]["message"]
    assert "the night was interrupted" in night.page()
    assert "the night was interrupted" in night.last_line()


def test_a_run_that_takes_too_long_is_ended_and_reported(tmp_path: Path) -> None:
    with webhook() as hook:
        # As long as an embedded platform may take to start, and shorter than the run by far.
        night = NightRun(tmp_path, 1, LONG, "-D", "time_limit=0.5", to=[hook.url])
        assert night.end() == 2, night.output
    assert not night.left_over()
    assert "the time limit of 0.5 minutes has passed" in hook.got[0]["message"]
    assert "the time limit of 0.5 minutes has passed" in night.page()


def test_a_night_whose_run_is_killed_keeps_what_it_had(tmp_path: Path) -> None:
    night = NightRun(tmp_path, 1, LONG)
    night.under_way()
    night.child("behave").kill()
    assert night.end() == 2, night.output
    run = night.newest()
    assert run.end
    assert run.end.abort_reason
    assert run.end.abort_reason.startswith("the run was ended by SIGKILL")
    assert len(run.scenarios) == 1
    assert "SIGKILL" in night.page()
    for child in night.children:  # what a killed run leaves runs on; of this one nothing may
        with suppress(psutil.NoSuchProcess):
            child.kill()


def test_of_two_nights_at_once_the_second_ends_and_names_the_first(tmp_path: Path) -> None:
    with webhook() as hook:
        first = NightRun(tmp_path, 1, LONG)
        first.under_way()
        second = NightRun(tmp_path, 2, QUICK, to=[hook.url])
        second_code = second.end()
        first.process.send_signal(signal.SIGTERM)
        first.end()
    assert second_code == 2, second.output
    named = f"another night is running on this platform: process {first.process.pid} since "
    assert named in second.last_line()
    assert named in hook.got[0]["message"]
    assert len(list(first.results.glob("*.json"))) == 1


@pytest.mark.parametrize(("defect", "code"), [("", 0), ("key-none", 1)])
def test_a_full_disk_is_told_and_hides_no_verdict(
    tmp_path: Path, broker: EmbeddedBroker, full_disk: Path, defect: str, code: int
) -> None:
    service = [*FAULTY, defect, "9000000"] if defect else []
    with webhook() as hook, patient_service(tmp_path, broker.bootstrap_servers, *service) as url:
        to = remote(url, broker.bootstrap_servers, results_dir=full_disk / "results")
        night = NightRun(tmp_path, 1, QUICK, *to, "--report", str(full_disk / "report"), to=[hook.url])
        assert night.end() == code, night.output
    (told,) = hook.got
    assert told["type"] == ("failure" if code else "success")
    for trouble in ("it could not write its results to their end", "there is no report: "):
        assert trouble in told["message"]
        assert trouble in night.errors
    assert "No space left on device" in night.errors
    assert not [page for page in full_disk.rglob("*.html") if page.stat().st_size]
