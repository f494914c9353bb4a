"""A run from its first hook to its last one, with a fake of behave's runner and of the stack."""

import os
import re
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from behave.configuration import Configuration

from bdd.domain.world import world
from bdd.output import masking
from bdd.run import start
from bdd.run.selection import junit_file
from bdd.stacks.base import CannotStart
from bdd.system.paths import ASYNCAPI
from tests.support.builders import record
from tests.support.fake_run import Behave, FakeStack, Log
from tests.support.http_service import http_service

SECRET = "correct-horse"


def test_a_run_whose_scenarios_pass_is_green_and_stops_what_it_started(behave: Behave) -> None:
    behave.start()
    for scenario in behave.feature.scenarios:
        behave.play(scenario, act=lambda: world(behave.context).console_notes.append("a note"))
    assert behave.end() == 0
    assert behave.stack.calls == ["start", "stop"]
    assert behave.output.count("a note\n") == 2
    assert behave.output.startswith("Platform: embedded, patient-service http://127.0.0.1:9 (broker 1.0 s)\n\n")
    times = ", ".join(rf"{each} \d+\.\d s" for each in ("start", "scenarios", "audit", "stop"))
    assert re.search(rf"^Time: {times}; 2 scenarios on the embedded stack$", behave.output, re.MULTILINE)
    assert behave.verdict == "GREEN: 2 scenarios passed, and the audit left nothing unexplained"
    assert behave.reports == ["Patients"]


def test_a_scenario_gets_a_world_with_its_settings_and_its_step(behave: Behave) -> None:
    behave.userdata |= {"deadline": "3", "deadline_factor": "2", "model_seed": "8", "model_programs": "9"}
    behave.start()
    behave.stack.recorder.journal.append(record("of the time before"))
    seen: list[Any] = []
    behave.play(behave.feature.scenarios[0], act=lambda: seen.append(world(behave.context)))
    (own,) = seen
    assert own.step == "Then a patient.created event is published"
    assert (own.deadline(), own.model_seed, own.model_programs, own.began) == (6, 8, 9, 1)
    assert own.observer.scenario_log.scenario == "One"
    assert own.observer.scenario_log.location == "features/patients.feature:3"
    assert own.mark.startswith(f"bdd{behave.stack.run_id[-6:]}x")


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (
            lambda behave: behave.userdata.update(deadlin="3"),
            "The setting -D deadlin is unknown. Did you mean dead",
        ),
        (
            lambda behave: behave.userdata.update(contract="nowhere.yaml"),
            "The contract nowhere.yaml cannot be read",
        ),
        (
            lambda behave: behave.userdata.update(openapi=str(ASYNCAPI)),
            f"The contract {ASYNCAPI} is not a document of openapi 3: ",
        ),
        (
            lambda behave: behave.select("@nobody and not (@slow or pat*)"),
            "No scenario has the tag @nobody; there are: patients, slow\n",
        ),
        (
            lambda behave: behave.select("~@nobody,@anybody", "@nobody"),
            "No scenario has the tag @anybody, @nobody; there are: patients, slow\n",
        ),
        (lambda behave: behave.select("not @patients"), "No scenario matches the given files, names and tags.\n"),
        (
            lambda behave: behave.userdata.update(stack="moon"),
            "The setting stack is 'moon'; allowed is: 'embedded', 'compose', ",
        ),
        (lambda behave: behave.runner.features.clear(), "No scenario matches the given files, names and tags.\n"),
        (
            lambda behave: behave.userdata.update(evidence_dir=f"{__file__}/evidence"),
            f"The folder {__file__}/evidence cannot be written: Not a directory",
        ),
        (
            lambda behave: behave.userdata.update(run_dir=f"{__file__}/run"),
            f"The folder {__file__}/run cannot be written: Not a directory",
        ),
    ],
)
def test_a_run_that_is_refused_starts_nothing_and_is_red(
    prepare: Callable[[Behave], object], sentence: str, behave: Behave
) -> None:
    behave.config.junit = True
    Path(behave.config.junit_directory).mkdir()
    prepare(behave)
    file = junit_file(behave.config)
    assert file
    file.write_text("what it has left the last time", encoding="utf-8")
    behave.start()
    assert behave.runner.features == []
    assert behave.end() == 1
    assert behave.output.startswith(sentence)
    assert behave.stack.calls == []
    assert behave.verdict.startswith(f"RED: nothing was executed: {sentence[:50].strip()}")
    assert sentence.strip() in behave.junit_error()
    assert "Time:" not in behave.output
    assert behave.reports == []


def test_a_junit_folder_that_cannot_be_written_is_refused(behave: Behave) -> None:
    behave.config.junit, behave.config.junit_directory = True, f"{__file__}/junit"
    behave.start()
    assert behave.end() == 1
    assert "--junit-directory …" in behave.output
    assert behave.stack.calls == []


@pytest.mark.parametrize(
    "expressions",
    [
        ["@pat*"],
        ["@nobo* or @slow"],
        ["@nobod? or @slow"],
        ["not @slow"],
        ["(@slow or @patients)"],
        ["not @nobody"],
        ["not (@nobody or @slow)"],
        ["~@nobody"],
        ["-nobody"],
        ["@slow,@patients"],
        ["@slow, ~@nobody"],
        ["@patients", "-@nobody"],
        [],
    ],
)
def test_tags_that_select_something_are_accepted(expressions: list[str], behave: Behave) -> None:
    behave.select(*expressions)
    behave.start()
    assert behave.stack.calls == ["start"]


def test_the_default_tags_of_a_machine_need_no_scenario(
    behave: Behave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".behaverc").write_text("[behave]\ndefault_tags = ~@nobody\n    ~@anybody\n")
    monkeypatch.chdir(tmp_path)
    read = Configuration(["--dry-run"])  # type: ignore[no-untyped-call]
    assert str(read.tag_expression) == "-nobody -anybody"
    behave.config.tag_expression = read.tag_expression
    behave.start()
    assert behave.stack.calls == ["start"]


def test_a_stack_that_does_not_start_is_stopped_and_leaves_its_logs(behave: Behave) -> None:
    behave.stack.failure = CannotStart("The broker did not start.")
    behave.stack.sources["logs/broker.log"] = Log()
    behave.start()
    assert behave.end() == 1
    assert behave.stack.calls == ["start", "stop"]
    folder = behave.evidence / "start"
    assert behave.output.startswith(f"The broker did not start.\n      evidence: {folder}\n")
    assert (folder / "logs" / "broker.log").read_text() == "since 0"
    assert behave.verdict == "RED: nothing was executed: The broker did not start."


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (
            lambda stack: setattr(stack.recorder, "existing", {"b": 1, "a": 1}),
            "The topic patient-events does not exist, or a client without a login may not see it. "
            "The broker shows: a, b. Create it with 3 partitions, or ",
        ),
        (
            lambda stack: setattr(stack.recorder, "error", "The recorder does not answer."),
            "The recorder does not answer.",
        ),
        (
            lambda stack: setattr(stack, "failure", CannotStart("The broker did not start.")),
            "The broker did not start.\n\n",
        ),
        (lambda stack: setattr(stack, "failure", KeyboardInterrupt()), "the run was interrupted while it started"),
    ],
    ids=["no topic", "no recorder", "no broker", "interrupt"],
)
def test_a_run_that_cannot_start_is_stopped_and_red(
    prepare: Callable[[FakeStack], None], sentence: str, behave: Behave
) -> None:
    prepare(behave.stack)
    behave.start()
    assert behave.end() == 1
    assert behave.stack.calls == ["start", "stop"]
    assert not behave.runner.aborted
    assert behave.output.startswith(sentence)
    assert behave.verdict.startswith(f"RED: nothing was executed: {sentence.strip()[:40]}")


def test_a_defect_of_the_suite_itself_is_raised_and_named(behave: Behave) -> None:
    behave.stack.failure = ZeroDivisionError("by zero")
    with pytest.raises(ZeroDivisionError):
        behave.start()
    behave.end()
    assert behave.verdict == "RED: nothing was executed: ZeroDivisionError: by zero"


def test_signals_interrupt_a_run_that_has_started_and_not_its_end(behave: Behave) -> None:
    behave.start()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)
    behave.end()
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_run_that_the_user_aborts_is_red_and_not_audited(behave: Behave) -> None:
    behave.config.junit = True
    behave.start()
    behave.play(behave.feature.scenarios[0])
    behave.context.aborted = behave.runner.aborted = True
    assert behave.end() == 1
    assert behave.runner.aborted, "behave says that the user has aborted it"
    assert behave.verdict == "RED: the run was interrupted"
    assert behave.junit_error() == "the run was interrupted"
    assert "audit" not in behave.output


def test_a_failed_step_leaves_evidence_without_secrets(behave: Behave) -> None:
    behave.stack.sources["logs/service.log"] = Log()
    behave.start()
    masking.remember([SECRET])
    for scenario in behave.feature.scenarios:
        behave.play(scenario, AssertionError(f"{SECRET}\x00"))
    assert behave.end() == 0, "behave itself fails a run with failed scenarios"
    for number, name in enumerate(("One-3", "Two-8"), 1):
        folder = behave.evidence / f"cause-{number}" / "features" / "patients" / name
        assert (folder / "logs" / "service.log").read_text() == f"since {number}"
    for scenario in behave.feature.scenarios:
        assert str(scenario.steps[-1].exception) == r"***\x00"
    for scenario, told in zip(behave.feature.scenarios, ("cause 1: ", "cause 2: "), strict=True):
        message = scenario.steps[-1].error_message
        assert message.startswith(f"ASSERT FAILED: {told}")
        assert SECRET not in message
    assert behave.verdict == (
        "RED: 2 of 2 scenarios failed; "
        r"2 causes: “a patient.created event is published”: ***\x00; “I delete the patient”: ***\x00"
    )


def test_the_audit_turns_a_run_red_and_does_not_report_a_failed_scenario_again(behave: Behave) -> None:
    behave.config.junit = True
    behave.start()
    first, second = behave.feature.scenarios
    for scenario, error in ((first, AssertionError("no")), (second, None)):
        behave.play(scenario, error, act=behave.record_unexpected)
    assert behave.end() == 1
    assert not behave.runner.aborted
    assert behave.verdict == (
        "RED: 1 of 2 scenarios failed; the audit found 1 thing that no scenario explains; "
        "1 cause: patient.created published after no request"
    )
    (finding,) = behave.junit()["audit"].iter("failure")
    assert "left an unexpected event" in str(finding.text)
    assert [case.get("name") for case in behave.junit()["Patients"] if case.find("failure") is not None] == ["One"]
    assert "\nThe audit found what no scenario explains:\n  1 more of causes that were printed" in behave.output


def test_a_finding_is_printed_in_full_if_its_cause_was_not_told_or_each_is_asked_for(behave: Behave) -> None:
    behave.userdata["causes"] = "each"
    behave.start()
    for scenario in behave.feature.scenarios:
        behave.play(scenario, act=behave.record_unexpected)
    assert behave.end() == 1
    printed = behave.output.partition("\nThe audit found what no scenario explains:\n")[2]
    for scenario in ("One (features/patients.feature:3)", "Two (features/patients.feature:8)"):
        assert f"  {scenario}\n" in printed


def test_foreign_records_that_break_the_contract_are_kept_and_fail_nothing(behave: Behave) -> None:
    behave.start()
    behave.stack.recorder.journal.append(record(b"rubbish", key=None))
    behave.play(behave.feature.scenarios[0])
    assert behave.end() == 0
    assert f"      to look at: {behave.evidence / 'foreign.jsonl'}\n" in behave.output
    assert (behave.evidence / "foreign.jsonl").exists()


@pytest.mark.parametrize("failed", [True, False])
def test_a_broken_stack_ends_the_run_at_the_next_failure(failed: bool, behave: Behave) -> None:
    behave.start()
    behave.stack.broken = "the broker was ended by SIGKILL\n  its last lines"
    behave.play(behave.feature.scenarios[0], AssertionError("no event") if failed else None)
    assert behave.context.aborted == failed
    assert behave.end() == 1
    assert not behave.runner.aborted, "behave must not say that the user has aborted it"
    how = "The run ends here" if failed else "The run cannot be audited"
    assert f"\n{how}: the broker was ended by SIGKILL\n  its last lines\n" in behave.output
    why = "the run ended early" if failed else "The run cannot be audited"
    assert behave.verdict.endswith(f"{why}: the broker was ended by SIGKILL")


@pytest.mark.parametrize("trouble", ["the recorder was ended by SIGKILL", None])
def test_a_run_whose_recorder_cannot_be_read_is_red(trouble: str | None, behave: Behave) -> None:
    behave.start()
    behave.play(behave.feature.scenarios[0])
    behave.stack.broken, behave.stack.recorder.error = trouble, "the recorder does not answer"
    assert behave.end() == 1
    assert behave.verdict == f"RED: The run cannot be audited: {trouble or 'the recorder does not answer'}"


def test_a_run_without_a_scenario_is_red(behave: Behave) -> None:
    behave.start()
    assert behave.end() == 1
    assert behave.verdict == "RED: nothing was executed: no scenario matches the given files, names and tags"


@pytest.mark.parametrize(
    ("broken", "existing", "state"),
    [
        (
            None,
            {"patient-events": 3},
            "nothing has ended; the broker answers; patient-events has 3 partitions; patient-service says at "
            'GET /health: 503 {"broker": "not reachable"}',
        ),
        (
            None,
            {},
            "nothing has ended; the broker answers; it shows no topic patient-events; patient-service says at "
            'GET /health: 503 {"broker": "not reachable"}',
        ),
        ("the broker has ended\nits log", {"patient-events": 3}, "the broker has ended"),
    ],
)
def test_messages_contain_the_state_of_the_platform_and_what_its_service_says(
    broken: str | None, existing: Mapping[str, int], state: str, behave: Behave
) -> None:
    with http_service(lambda *_: (503, b'{"broker": "not reachable"}', {})) as url:
        behave.stack.api_urls["patient-service"] = url
        behave.start()
        behave.stack.broken, behave.stack.recorder.existing = broken, existing
        seen: list[str] = []
        behave.play(behave.feature.scenarios[0], act=lambda: seen.append(world(behave.context).observer.platform()))
    assert seen == [state]


def test_a_service_that_hangs_ends_the_run_and_is_named(behave: Behave, monkeypatch: pytest.MonkeyPatch) -> None:
    behave.start()
    client = behave.context.session.clients["patient-service"]
    monkeypatch.setattr(client, "silence", lambda: "hangs: it has answered nothing")
    behave.play(behave.feature.scenarios[0], AssertionError("no response"))
    assert behave.context.aborted
    assert behave.end() == 1
    hanging = f"the patient-service at {client.url} hangs: it has answered nothing; the broker answers"
    assert f"\nThe run ends here: {hanging}\n    next: see in its log what it waits for" in behave.output
    assert behave.verdict == f"RED: 1 of 1 scenario failed; the run ended early: {hanging}"


def test_formatters_print_no_secret(behave: Behave) -> None:
    written: list[str] = []
    stream = SimpleNamespace(write=written.append, flush=lambda: None, encoding="utf-8")
    formatter = SimpleNamespace(stream=stream, stream_opener=SimpleNamespace(stream=stream))
    behave.runner.formatters += [formatter, SimpleNamespace(stream=None)]
    behave.start()
    masking.remember([SECRET])
    assert formatter.stream.write(f"said {SECRET}") == len(f"said {SECRET}")
    assert written == ["said ***"]
    assert formatter.stream is formatter.stream_opener.stream
    assert formatter.stream.encoding == "utf-8"


def test_an_own_contract_is_in_use(behave: Behave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[object] = []
    monkeypatch.setattr(start, "use_contracts", lambda *files: used.extend(files))
    (tmp_path / "api.yaml").touch()
    behave.userdata |= {"contract": str(tmp_path / "own.yaml"), "openapi": str(tmp_path / "api.yaml")}
    behave.start()
    assert used == [tmp_path / "own.yaml", (tmp_path / "api.yaml",)]
