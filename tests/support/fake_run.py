"""A fake of what surrounds a run: behave's runner, which calls the hooks, and the stack."""

import atexit
import signal
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from behave.model import Scenario, Step
from behave.model_type import Status
from behave.parser import parse_feature
from behave.tag_expression.builder import make_tag_expression  # type: ignore[import-untyped]  # no types there

from bdd.domain.world import world
from bdd.evidence.sources import Source
from bdd.output import masking
from bdd.recorder.client import RecorderUnreachable
from bdd.results.model import Component
from bdd.run import hooks, start
from bdd.settings.settings import Settings
from tests.support.builders import FakeRecorder, envelope, record
from tests.support.junit import junit_suites

if TYPE_CHECKING:
    from behave.runner import Context

FEATURE = """
@patients
Feature: Patients
  Scenario: One
    When I create a patient
    Then a patient.created event is published

  @slow
  Scenario: Two
    When I delete the patient
"""


class Recorder(FakeRecorder):
    """A recorder that may be unreachable."""

    error: str | None = None
    existing: Mapping[str, int] = {"patient-events": 3}

    def topics(self) -> Mapping[str, int]:
        return self.existing

    def fence(self) -> int:
        if self.error:
            raise RecorderUnreachable(self.error)
        return super().fence()


class Log:
    """A source of evidence that grows by a line at each mark."""

    marked = 0

    def mark(self) -> float:
        self.marked += 1
        return self.marked

    def since(self, mark: float) -> bytes:
        return f"since {mark:.0f}".encode()


class FakeStack:
    """A stack whose start may fail, and that may break later."""

    def __init__(self) -> None:
        self.api_urls = {"patient-service": "http://127.0.0.1:9"}
        self.absent: dict[str, str] = {}
        self.lacking: dict[str, str] = {}
        self.database = None
        self.recorder = Recorder()
        self.startup = {"broker": 1.0}
        self.failure: BaseException | None = None
        self.broken: str | None = None
        self.sources: dict[str, Source] = {}
        self.calls: list[str] = []
        self.run_id = ""

    def make(self, settings: Settings, run_id: str) -> "FakeStack":
        self.run_id = run_id
        return self

    def start(self) -> None:
        self.calls.append("start")
        if self.failure:
            raise self.failure

    def trouble(self) -> str | None:
        return self.broken

    def evidence(self) -> Mapping[str, Source]:
        return self.sources

    def components(self) -> list[Component]:
        return []

    def stop(self) -> None:
        self.calls.append("stop")


class Behave:
    """What behave's runner does around the hooks; what it gives them is a `SimpleNamespace`.

    Attributes:
        reports: what behave's own reporter was given.
    """

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.stack = FakeStack()
        self.feature = parse_feature(FEATURE.strip(), filename="features/patients.feature")  # type: ignore[no-untyped-call]
        self.reports: list[str] = []
        own = SimpleNamespace(feature=lambda feature: self.reports.append(feature.name), end=lambda: None)
        self.userdata = {
            "evidence_dir": str(folder / "evidence"),
            "results_dir": str(folder / "results"),
            "settling": "0",
        }
        self.config = SimpleNamespace(
            userdata=self.userdata,
            junit=False,
            junit_directory=str(folder / "junit"),
            paths=["features"],
            reporters=[own],
            tag_expression=None,
            tags=None,
            name=None,
            name_re=None,
            exclude=lambda _name: False,
        )
        self.select()
        self.cleanups: list[Callable[[], None]] = []
        self.runner = SimpleNamespace(features=[self.feature], formatters=[], hook_failures=0, aborted=False)
        self.context = cast(
            "Context",
            SimpleNamespace(
                config=self.config,
                aborted=False,
                abort=self._abort,
                add_cleanup=self.cleanups.append,
                _runner=self.runner,
            ),
        )
        self._capsys = capsys
        self.output = ""

    def select(self, *tags: str) -> None:
        self.config.tag_expression = make_tag_expression(list(tags))

    @property
    def evidence(self) -> Path:
        """The run's folder of evidence."""
        return Path(self.userdata["evidence_dir"]) / self.stack.run_id

    def start(self) -> None:
        hooks.before_all(self.context)

    def play(self, scenario: Scenario, error: Exception | None = None, act: Callable[[], object] = list) -> None:
        """Run a scenario whose last step fails if there is an error."""
        self.context.scenario = scenario
        hooks.before_scenario(self.context, scenario)
        for step in scenario.steps:
            hooks.before_step(self.context, step)
        act()
        last: Step = scenario.steps[-1]
        if error:
            last.error_message = last._process_error(error)  # type: ignore[no-untyped-call]
        finished: list[Any] = [last, scenario]
        for each in finished:
            each.set_status(_status_after(error))
        hooks.after_step(self.context, last)
        hooks.after_scenario(self.context, scenario)

    def record_unexpected(self) -> None:
        """Let an event arrive that the current scenario does not expect."""
        mark = world(self.context).mark
        self.stack.recorder.journal.append(record(envelope("patient.created", {"note": mark}), key=mark.encode()))

    def end(self) -> int:
        """Do what behave does after the last feature; return its exit code."""
        for feature in self.runner.features:
            for reporter in self.config.reporters:
                reporter.feature(feature)
        hooks.after_all(self.context)
        for cleanup in reversed(self.cleanups):
            cleanup()
        for reporter in self.config.reporters:
            reporter.end()
        self.output = self._capsys.readouterr().out
        return int(self.runner.hook_failures > 0)

    @property
    def verdict(self) -> str:
        """The last line."""
        return self.output.splitlines()[-1]

    def junit(self) -> dict[str, ET.Element]:
        """Return the test suites in the only JUnit file: name -> suite."""
        return junit_suites(Path(self.config.junit_directory))

    def junit_error(self) -> str:
        """Return the message of the only error in the only JUnit file, with what follows it."""
        (found,) = (each for suite in self.junit().values() for each in suite.iter("error"))
        message, whole = str(found.get("message")), found.text or ""
        return whole if whole.startswith(message) else f"{message}\n{whole}"

    def _abort(self, reason: str | None = None) -> None:
        self.context.aborted = self.runner.aborted = True


def _status_after(error: Exception | None) -> Status:
    if error is None:
        return Status.passed
    return Status.failed if isinstance(error, AssertionError) else Status.error


@contextmanager
def fake_behave(folder: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Behave]:
    """Yield a fake of behave with a fake of the stack; the handlers of signals are those of before afterwards."""
    signals = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {each: signal.getsignal(each) for each in signals}
    fake = Behave(folder, capsys)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(masking, "_known", set())
        patched.setattr(atexit, "register", lambda function: function)
        patched.setattr(start, "make_stack", fake.stack.make)
        yield fake
    for each, handler in before.items():
        signal.signal(each, handler)
