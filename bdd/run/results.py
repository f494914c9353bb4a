"""Keeps the results of a run: a part for each scenario as soon as it has ended, the rest when the run ends.

The JUnit file is made from them.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from behave.model import Feature, Scenario, Step

from bdd.domain.resources import apis
from bdd.domain.world import World
from bdd.kafka.record import Record
from bdd.report.verdict import Verdict
from bdd.results.collecting import Collector, file_of, last_lines, name_of, status_of, steps_of
from bdd.results.junit import remove_junit, write_junit
from bdd.results.model import FORMAT, Cause, End, Failure, Finding, Head, LeftOut, Run, ScenarioName
from bdd.results.model import Scenario as ScenarioResult
from bdd.results.writing import ResultsFile
from bdd.run.session import Session
from bdd.verdict.audit import Finding as FindingOfRun
from bdd.verdict.audit import late_events
from bdd.verdict.causes import Cause as CauseOfRun
from bdd.verdict.causes import title_of
from bdd.verdict.ledger import Ledger
from bdd.verdict.observer import Observer
from bdd.verdict.scenario_log import ScenarioLog


@dataclass
class _Kept:
    """A scenario whose results were written.

    Attributes:
        location: its file and line as the causes have them.
        logs: its own log and those of its parts.
        records: those that had come when it ended.
        observer: finds the events that are closest to the expected ones; None if it has not failed.
    """

    result: ScenarioResult
    location: str
    logs: Sequence[ScenarioLog]
    records: Sequence[Record]
    observer: Observer | None


@dataclass
class _Begun:
    """The scenario that is running.

    Attributes:
        logs: how many logs there were before it.
        steps: when each step began, by its identity: two steps of the same words are equal.
    """

    began: float
    logs: int
    steps: dict[int, float] = field(default_factory=dict)


class RunResults:
    """One of behave's reporters, the last one but the verdict: it writes what the run leaves.

    Args:
        folder: where the file is written.
        head: what is known before the run has started.
        verdict: the run's.
        junit: the JUnit file, None for none. That of an earlier run is removed.
    """

    def __init__(self, folder: Path, head: Head, verdict: Verdict, junit: Path | None = None) -> None:
        self._head = head
        self._file = ResultsFile(folder, head)
        self._verdict = verdict
        self._junit = junit
        self._session: Session | None = None
        self._kept: list[_Kept] = []
        self._begun = _Begun(head.began, 0)
        self._hook_failures: list[str] = []
        self._logged: set[int] = set()
        self._selected = {(each.feature, each.line): each for each in head.selected}
        if junit:
            remove_junit(junit)

    def begin(self, head: Head, session: Session) -> None:
        """Note that the run has started.

        Args:
            head: what is known now.
            session: the run.
        """
        left_out = [
            LeftOut(reason=why, scenarios=[each for each in head.selected if str(each) in names])
            for why, names in self._verdict.left_out.items()
        ]
        self._head = head.model_copy(update={"left_out": left_out})
        self._file.begin(self._head)
        self._session = session

    def noting(self, clean_up: Callable[[], None]) -> Callable[[], None]:
        """Return a clean-up whose failure is noted."""

        def noted() -> None:
            try:
                clean_up()
            except Exception as error:
                self._hook_failures.append(f"the clean-up failed: {type(error).__name__}: {error}")
                raise

        return noted

    def begin_scenario(self) -> None:
        """Note that a scenario begins."""
        self._begun = _Begun(time.time(), len(self._ledger.scenario_logs))

    def begin_step(self, step: Step) -> None:
        """Note that a step of the scenario begins."""
        self._begun.steps[id(step)] = time.time()

    def end_scenario(self, scenario: Scenario, world: World, error: Exception | None = None) -> None:
        """Write the results of a scenario that has ended.

        Args:
            scenario: the scenario.
            world: its world.
            error: why its end failed, None if it did not.
        """
        ledger, ended = self._ledger, time.time()
        logs = ledger.scenario_logs[self._begun.logs :]
        steps = steps_of(scenario, self._begun.steps)
        status = "error" if error else status_of(scenario.status)
        records = [each for each in ledger.journal.records(world.began) if ledger.owner(each) in logs]
        collector = Collector(ledger, logs, apis().operation_of)
        observer = world.observer if status == "failed" else None
        result = ScenarioResult(
            **dict(name_of(scenario)),
            tags=[str(tag) for tag in scenario.effective_tags],
            status=status,
            began=self._begun.began,
            seconds=ended - self._begun.began,
            steps=steps,
            fences=collector.fences(steps),
            outages=ledger.outages.between(self._begun.began, ended),
            notes=world.console_notes,
            failure=self._failure(scenario, error) if status in {"failed", "error"} else None,
            **collector.parts(records, observer),
        )
        self._kept.append(_Kept(result, str(scenario.location), logs, records, observer))
        self._file.add(result)

    def feature(self, feature: Feature) -> None:
        """Nothing: each scenario is written when it has ended."""

    def end(self) -> None:
        """Write the rest."""
        self._add_without_world()
        late = late_events(self._ledger) if self._session else []
        in_time = {(each.log.scenario, each.log.location) for each in late if each.in_time}
        results = {place: self._changed(kept, in_time) for place, kept in enumerate(self._kept)}
        end = self._end()
        self._file.end(end, {place: new for place, new in results.items() if new is not self._kept[place].result})
        if self._junit:
            scenarios = list(results.values())
            write_junit(self._junit, Run(format=FORMAT, run=self._head, scenarios=scenarios, end=end))
        if self._session:
            self._session.remove_old_results()

    def _end(self) -> End:
        verdict = self._verdict
        return End(
            ended=time.time(),
            green=verdict.green and not self._hook_failures,
            sentence="; ".join([str(verdict), *self._hook_failures]),
            abort_reason=verdict.abort_reason,
            judged=bool(self._kept),
            audited=verdict.findings is not None,
            phases=self._session.seconds if self._session else {},
            causes=[self._cause(each) for each in verdict.causes],
            findings=[self._finding(each) for each in verdict.findings or ()],
            hook_failures=self._hook_failures,
            known=verdict.known_outcomes(),
        )

    def _add_without_world(self) -> None:
        """Add the scenarios that a hook has failed before anything else was known of them."""
        done = {(each.result.feature, each.result.name) for each in self._kept}
        for each in self._head.selected:
            key = (each.feature, each.name)
            if key not in done and self._verdict.statuses.get(key) == "error":
                failure = Failure(step="", message="a hook failed before the first step: see the console")
                result = ScenarioResult(
                    **dict(each), status="error", began=time.time(), seconds=0.0, failure=failure
                )
                self._kept.append(_Kept(result, f"{each.feature}:{each.line}", [], [], None))
                self._file.add(result)

    @property
    def _ledger(self) -> Ledger:
        assert self._session, "the run has not started"
        return self._session.ledger

    def _failure(self, scenario: Scenario, error: Exception | None = None) -> Failure:
        """Return why a scenario failed: its cause, or what went wrong in the suite itself."""
        noted = self._verdict.causes.failure_of(scenario.name, str(scenario.location))
        steps = [step for step in scenario.all_steps if step.status.has_failed()]
        printed = next((step.error_message or "" for step in steps), "").removeprefix("ERROR: ")
        if noted is None:
            message = str(error) if error else printed
            failed = f"{steps[0].keyword} {steps[0].name}" if steps else ""
            return Failure(
                step=failed, message=message or scenario.error_message or f"it ended as {scenario.status.name}"
            )
        number = self._verdict.causes.number(noted)
        logs = {} if number in self._logged or not noted.evidence else last_lines(noted.evidence)
        self._logged.add(number)
        return Failure(
            step=noted.step,
            # An error of the suite needs its traceback.
            message=printed if status_of(scenario.status) == "error" else noted.message,
            cause=number,
            title=title_of(noted.symptoms),
            advice=next((each.advice for each in noted.symptoms if each.advice), ""),
            judged=not noted.prepares,
            evidence=str(noted.evidence or ""),
            logs=logs,
        )

    def _changed(self, kept: _Kept, in_time: Collection[tuple[str, str]]) -> ScenarioResult:
        """Return the results of a scenario with what is known since it has ended.

        Args:
            kept: what was written.
            in_time: name and location of the scenarios whose event came within its deadline after all.
        """
        result, seen = kept.result, {each.place for each in kept.records}
        claims = [each.claim.record for log in kept.logs for each in log.expectations if each.claim]
        if late := [record for record in claims if record.place not in seen]:
            collector = Collector(self._ledger, kept.logs, apis().operation_of)
            parts = collector.parts([*kept.records, *late], kept.observer, {each.place for each in late})
            result = result.model_copy(update=parts)
        noted = self._verdict.causes.failure_of(result.name, kept.location)
        if result.failure is None or noted is None:
            return result
        now = {"title": title_of(noted.symptoms), "late": (result.name, kept.location) in in_time}
        return result.model_copy(update={"failure": result.failure.model_copy(update=now)})

    def _cause(self, cause: CauseOfRun) -> Cause:
        failures = [self._name_at(each.scenario, each.location) for each in cause.failures]
        return Cause(
            numbers=cause.numbers,
            title=cause.title,
            advice=cause.advice,
            failures=failures,
            not_judged=[name for name, each in zip(failures, cause.failures, strict=True) if each.prepares],
            findings=len(cause.findings),
            best=self._name_at(cause.best.scenario, cause.best.location),
        )

    def _finding(self, finding: FindingOfRun) -> Finding:
        return Finding(
            scenario=self._name_at(finding.scenario, finding.location),
            message=finding.message,
            advice=finding.advice,
            title=title_of(finding.symptoms),
            cause=self._verdict.causes.number(finding),
        )

    def _name_at(self, name: str, location: str) -> ScenarioName:
        """Return what names the scenario at a location; a part of a scenario has its name."""
        feature, _, line = location.rpartition(":")
        place = file_of(feature), int(line)
        return self._selected.get(place) or ScenarioName(feature=place[0], name=name, line=place[1])
