"""No secret is in anything that a run, a night or a report leaves, wherever it came from."""

import html
import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from bdd.results.folder import newest_file, read_run
from bdd.run.process import remote
from bdd.stacks.embedded.broker import EmbeddedBroker
from tests.support.leaky_service import OF_RECEIVERS, SECRETS
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


def test_no_secret_is_left_anywhere(tmp_path: Path, broker: EmbeddedBroker, closed_port: int) -> None:
    service, left = tmp_path / "service", tmp_path / "left"
    service.mkdir()
    mail, basic, token, path = OF_RECEIVERS
    receivers = [
        f"mailto://nobody:{mail}@127.0.0.1:{closed_port}?to=somebody@example.org",
        f"json://user:{basic}@127.0.0.1:{closed_port}/hook",
        f"json://127.0.0.1:{closed_port}/hook?+X-Token={token}",
        f"json://127.0.0.1:{closed_port}/{path}",
    ]
    with patient_service(service, broker.bootstrap_servers, *LEAKY) as url:
        to = remote(url, broker.bootstrap_servers)
        night = ModuleRun(
            left / "night",
            *["bdd", "nightly", "--report", str(left / "report"), *to, QUICK],
            environment={"BDD_NOTIFY_TO": " ".join(receivers)},
        )
        assert night.end() == 1, night.output
        reports = ["-f", "pretty", "-f", "json", "-o", str(left / "steps.json"), "--junit"]
        run_behave(left / "run", QUICK, *to, *reports, "--junit-directory", str(left / "junit"), exit_code=1)
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
