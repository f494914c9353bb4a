"""No secret is in anything that a run, a night or a report leaves, wherever it came from."""

import html
import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import psutil

from bdd.results.folder import newest_file, read_run
from bdd.run.process import remote
from bdd.stacks.embedded.broker import EmbeddedBroker
from soak.repeating import again_and_again
from tests.support.leaky_service import PLANTED, SECRETS
from tests.support.receivers import mail_server, webhook
from tests.support.running import QUICK, ModuleRun, patient_service, run_behave

LEAKY = "tests.support.leaky_service", "patient-service", "leaky", "30000000"


def forms_of(secret: str) -> Iterator[bytes]:
    """Yield a secret in each form that it may have in a file."""
    for text in (secret, quote(secret, safe=""), html.escape(secret), json.dumps(secret)[1:-1]):
        yield text.encode()
        yield b64encode(text.encode())


def found_in(folder: Path) -> dict[str, list[str]]:
    """Return the files in a folder that hold a secret, each with these."""
    files = {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    assert files
    held = {
        name: [each for each in SECRETS if any(form in content for form in forms_of(each))]
        for name, content in files.items()
    }
    return {name: secrets for name, secrets in held.items() if secrets}


def settings(folder: Path) -> dict[str, str]:
    """Return settings that hold secrets where a team may write one by mistake."""
    reason, who = PLANTED["known"]
    away, back = PLANTED["command"]
    entry = {"scenario": "Another", "reason": f"password={reason}", "who": f"https://me:{who}@host.example"}
    known = folder.parent / "known.yaml"
    known.write_text(json.dumps([{**entry, "until": "2999-12-31"}]), encoding="utf-8")
    return {
        "BDD_KNOWN": str(known),
        "BDD_DATABASE_AWAY": f"PGPASSWORD={away} true",
        "BDD_DATABASE_BACK": f"true postgresql://me:{back}@host.example/patients",
    }


def refused(to: list[str]) -> dict[str, tuple[dict[str, str], list[str]]]:
    """Return runs that end at their start, each with secrets: name -> environment and arguments."""
    user, query = PLANTED["address"]
    sasl = {"BDD_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "BDD_SASL_MECHANISM": "PLAIN", "BDD_SASL_USERNAME": "suite"}
    return {
        "address": (
            {"BDD_STACK": "remote", "BDD_API_URL": f"http://me:{user}@127.0.0.1:1/?access_token={query}"},
            [],
        ),
        "sasl": ({**sasl, "BDD_SASL_PASSWORD": PLANTED["sasl"][0]}, to),
    }


@contextmanager
def command_lines(file: Path) -> Iterator[None]:
    """Write into a file which command lines this process and its children have until the block ends."""
    seen: set[str] = set()

    def look() -> None:
        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                seen.add(" ".join(child.cmdline()))

    with again_and_again(look, 0.1):
        yield
    assert any("bdd nightly" in each for each in seen), seen
    file.write_text("\n".join(seen), encoding="utf-8")


def part_text(message: EmailMessage) -> str:
    """Return a mail's header and its parts, decoded."""
    parts = [part.get_content() for part in message.walk() if not part.is_multipart()]
    return "\n".join([*map(str, message.items()), *map(str, parts)])


def test_no_secret_is_left_anywhere(tmp_path: Path, broker: EmbeddedBroker, closed_port: int) -> None:
    service, left = tmp_path / "service", tmp_path / "left"
    service.mkdir()
    left.mkdir()
    mail, basic, token, path = PLANTED["receiver"]
    dead = [
        f"mailto://nobody:{mail}@127.0.0.1:{closed_port}?to=somebody@example.org",
        f"json://user:{basic}@127.0.0.1:{closed_port}/hook",
        f"json://127.0.0.1:{closed_port}/hook?+X-Token={token}",
        f"json://127.0.0.1:{closed_port}/{path}",
    ]
    with (
        patient_service(service, broker.bootstrap_servers, *LEAKY) as url,
        webhook() as hook,
        mail_server() as mails,
        command_lines(left / "ps.txt"),
    ):
        to = remote(url, broker.bootstrap_servers)
        night = ModuleRun(
            left / "night",
            *["bdd", "nightly", "--report", str(left / "report"), *to, QUICK],
            environment={"BDD_NOTIFY_TO": " ".join([*dead, hook.url, mails.url]), **settings(left)},
        )
        assert night.end() == 1, night.output
        reports = ["-f", "pretty", "-f", "json", "-o", str(left / "steps.json"), "--junit"]
        run_behave(left / "run", QUICK, *to, *reports, "--junit-directory", str(left / "junit"), exit_code=1)
        for name, (given, arguments) in refused(to).items():
            assert ModuleRun(left / name, "behave", QUICK, *arguments, environment=given).end() == 1
    for number, got in enumerate([*map(json.dumps, hook.got), *(part_text(each) for each in mails.got)]):
        (left / f"received-{number}.txt").write_text(got, encoding="utf-8")
    assert (len(hook.got), len(mails.got)) == (1, 1)
    results = left / "run" / "results"
    for number, command in enumerate(
        [
            ["report", str(newest_file(results)), "--single", "--output", str(left / "single")],
            ["export", str(results), "--junit", str(left / "export.xml"), "--ctrf", str(left / "ctrf.json")],
            ["stories", "-D", f"results_dir={results}", "--output", str(left / "stories")],
        ]
    ):
        made = ModuleRun(left / f"command-{number}", "bdd", *command)
        assert made.end() == 0, made.output

    assert found_in(left) == {}
    # It was all there: the service's own log has it, and what is masked stands in its place.
    assert len({secret for secrets in found_in(service).values() for secret in secrets}) > 1
    (scenario,) = read_run(newest_file(results)).scenarios
    assert dict(scenario.events[0].headers)["api-key"] == "***"
    assert '"password":"***"' in scenario.exchanges[0].body.replace(" ", "")
    (left / "leak.txt").write_bytes(b64encode(SECRETS[3].encode()))
    assert found_in(left) == {"leak.txt": [SECRETS[3]]}
