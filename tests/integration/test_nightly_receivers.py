"""Notices arrive at receivers that are really there, and one that is not keeps none from the others."""

import socket
from pathlib import Path

import pytest

from bdd.nightly import receivers as under_test
from bdd.nightly.judgement import ExitCode
from bdd.nightly.notice import Notice
from bdd.nightly.receivers import Receivers
from bdd.output.masking import MASK, mask
from tests.support.receivers import SECRET, mail_server, text_of, webhook

NOTICE = Notice("Promises were broken: 1/2", "Ursache: “patient.created” fehlt\n- Erika & <Max>\n", ExitCode.BROKEN)


@pytest.fixture
def report(tmp_path: Path) -> Path:
    file = tmp_path / "report.html"
    file.write_text("<!doctype html><title>Report</title>", encoding="utf-8")
    return file


def test_a_mail_has_the_notice_and_the_report(report: Path) -> None:
    with mail_server() as mail:
        assert Receivers([mail.url]).send(NOTICE, report) == []
    (message,) = mail.got
    assert message["Subject"] == NOTICE.title
    assert "team@example.org" in message["To"]
    assert [line in text_of(message) for line in NOTICE.body.splitlines()] == [True, True]
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("report.html", report.read_text("utf-8"))


def test_a_webhook_gets_verdict_and_text() -> None:
    with webhook() as hook:
        assert Receivers([hook.url]).send(NOTICE) == []
    (got,) = hook.got
    assert (got["title"], got["type"]) == (NOTICE.title, "failure")
    assert "Erika & <Max>" in got["message"]


def test_a_dead_receiver_is_named_and_the_others_are_told(closed_port: int) -> None:
    with webhook() as hook, webhook(status=500) as refusing, mail_server() as mail:
        dead = f"json://user:pass-word-815@127.0.0.1:{closed_port}/"
        troubles = Receivers([dead, hook.url, "no-such-service://x", refusing.url, mail.url]).send(NOTICE)
    assert (len(hook.got), len(mail.got)) == (1, 1)
    assert [each.partition(" was not notified: ")[0] for each in troubles] == [
        "receiver 1 of notify_to (JSON)",
        "receiver 4 of notify_to (JSON)",
    ]
    assert "500" in troubles[1]


def test_an_address_that_cannot_be_read_is_named_by_its_number() -> None:
    (trouble,) = Receivers(["json://127.0.0.1/", "no-such-service://the-secret"]).troubles
    assert trouble.startswith("receiver 2 of notify_to was not notified: apprise does not understand its address")
    assert "the-secret" not in trouble


def test_a_receiver_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent, webhook() as hook:
        hanging = f"json://127.0.0.1:{silent.getsockname()[1]}/?rto=20"
        (trouble,) = Receivers([hanging, hook.url]).send(NOTICE)
    assert trouble == "receiver 1 of notify_to (JSON) was not notified: it took longer than 0.5 s"
    assert len(hook.got) == 1


def test_the_secrets_in_addresses_are_masked_from_then_on() -> None:
    url = f"json://user:pass-word-815@host.example/{SECRET}"
    Receivers([url, "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/"])
    for secret in (url, "pass-word-815", SECRET, "TIiajkdnlazkcOXrIdevi7FQ"):
        assert mask(f"said: {secret}!") in {f"said: {MASK}!", f"said: {MASK}"}
    assert mask("host.example") == "host.example"
