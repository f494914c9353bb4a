"""The session: one run of the suite on its platform, from the first scenario to the audit."""

import time
from collections.abc import Collection, Mapping
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from behave.model import Scenario, Step

from bdd.api.client import ApiClient
from bdd.contracts import asyncapi as contract
from bdd.contracts.event_schemas import event_schemas
from bdd.domain.resources import apis, needed_topics
from bdd.domain.world import World
from bdd.evidence.collecting import collect, collect_foreign, story_of
from bdd.output.console import counted, durations, say
from bdd.recorder.client import RecorderUnreachable
from bdd.report.verdict import Verdict
from bdd.results.folder import remove_old
from bdd.results.known import KnownFailures
from bdd.results.model import Head
from bdd.run.identity import started
from bdd.settings.settings import Settings
from bdd.stacks.base import Stack
from bdd.system.signals import ignore_signals
from bdd.verdict.audit import Finding, audit, audit_responses, await_unseen, foreign_records, late_events, settle
from bdd.verdict.foreign_traffic import ForeignTraffic
from bdd.verdict.ledger import Ledger
from bdd.verdict.observer import Observer
from bdd.verdict.scenario_log import ScenarioLog


class Session:
    """One run of the suite on one stack.

    `bdd.run.start.start_session` returns one that is ready for scenarios:

        world = session.open_world(scenario)
        ...                                   # the steps act on the world
        session.close_world(world, failed=False)
        session.audit(verdict)
        session.stop()

    Attributes:
        stack: the run's platform and recorder.
        known: the failures that are known.
        scenarios: the number of scenarios that have begun.
        evidence_folder: the folder of this run's evidence.
    """

    def __init__(self, settings: Settings, run_id: str, stack: Stack, known: KnownFailures) -> None:
        self.stack = stack
        self.known = known
        self.scenarios = 0
        self.evidence_folder = settings.evidence_dir / run_id
        self._settings = settings
        self._run_id = run_id
        self._phases = [("start", time.monotonic())]
        self._last_action = 0.0
        self._marks: Mapping[str, float] = {}
        self._requests = 0

    @cached_property
    def clients(self) -> Mapping[str, ApiClient]:
        """The clients of the platform's services: name -> client."""
        return {name: ApiClient(url, self._settings.api_ca) for name, url in self.stack.api_urls.items()}

    @cached_property
    def ledger(self) -> Ledger:
        """The expectations of all scenarios."""
        recorder = self.stack.recorder
        ledger = Ledger(recorder, self._run_id.rpartition("-")[2], self._settings.clock_tolerance)
        recorder.on_arrival = ForeignTraffic(ledger, recorder, event_schemas(contract.current())).arrived
        return ledger

    @property
    def prints_each(self) -> bool:
        """Whether the whole message of a failure is printed although its cause was printed before."""
        return self._settings.causes == "each"

    @property
    def seconds(self) -> dict[str, float]:
        """The duration of each phase that has ended."""
        return {name: end - began for (name, began), (_, end) in pairwise(self._phases)}

    def identify(self, head: Head) -> Head:
        """Return what identifies the run, with what is known since it has started."""
        return started(head, self._settings, self.stack)

    def remove_old_results(self) -> None:
        """Remove the results of earlier runs that are not kept any longer."""
        settings = self._settings
        for sentence in remove_old(settings.results_dir, keep=settings.results_keep, days=settings.results_days):
            say(sentence)

    def begin_scenarios(self) -> None:
        """Note that the start is over, and print the platform of the scenarios."""
        self._begin_phase("scenarios")
        addresses = ", ".join(f"{name} {url}" for name, url in self.stack.api_urls.items())
        say(f"Platform: {self._settings.stack}, {addresses} ({durations(self.stack.startup)})\n")

    def open_world(self, scenario: Scenario) -> World:
        """Return the world for a scenario that begins."""
        self.scenarios += 1
        self._marks = {name: source.mark() for name, source in self.stack.evidence().items()}
        self._requests = self._requests_sent()
        scenario_log = self.ledger.open_scenario_log(scenario.name, str(scenario.location))
        return World(
            clients=self.clients,
            absent=self.stack.absent,
            observer=self._observer(scenario_log),
            topics=self.stack.recorder.topics,
            database=self.stack.database,
            default_deadline=self._settings.deadline,
            deadline_factor=self._settings.deadline_factor,
            began=self.stack.recorder.cursor,
            model_seed=self._settings.model_seed,
            model_programs=self._settings.model_programs,
        )

    def close_world(self, world: World, *, failed: bool) -> None:
        """Note whether a scenario failed, and print its notes."""
        world.observer.scenario_log.failed = failed
        if self._requests_sent() > self._requests:  # a part of the world may have sent them
            self._last_action = time.monotonic()
        for note in world.console_notes:
            say(note)
        world.close(failed=failed)

    def keep_evidence(self, folder: Path, world: World, scenario: Scenario, failed: Step, message: str) -> None:
        """Write the evidence of a failed scenario into a folder.

        Args:
            folder: the folder.
            world: the scenario's world.
            scenario: the scenario that has failed.
            failed: the step in which it failed.
            message: why it failed.
        """
        story = story_of(scenario, failed, message)
        collect(folder, story, world, sources=self.stack.evidence(), since=self._marks)

    def trouble(self) -> str | None:
        """Return what has ended or hangs and the next step, None if nothing: every later scenario would fail."""
        if trouble := self.stack.trouble():
            return trouble
        for name, client in self.clients.items():
            if silence := client.silence():
                return (
                    f"the {name} at {client.url} {silence}; {self._state_of_topics()}\n"
                    "    next: see in its log what it waits for, and whether it is overloaded"
                )
        return None

    def audit(self, verdict: Verdict) -> None:
        """Wait for late events, then add to the verdict what no scenario explains."""
        self._begin_phase("audit")
        if not self.scenarios:
            verdict.abort_reason = "nothing was executed: no scenario matches the given files, names and tags"
            return
        settle(self._last_action, self._settings.settling)
        deadline = self._settings.deadline * self._settings.deadline_factor
        await_unseen(self.ledger, self._last_action, deadline, self._trouble)
        try:
            verdict.audited(self._findings(), late_events(self.ledger))
        except AssertionError as error:
            say(f"\n{error}")
            verdict.abort_reason = str(error)

    def stop(self) -> None:
        """Stop what the run has started, and print the duration of each phase."""
        ignore_signals()
        self._begin_phase("stop")
        try:
            self.stack.stop()
        finally:
            self._begin_phase("")
            ran = f"{counted(self.scenarios, 'scenario')} on the {self._settings.stack} stack"
            say(f"\nTime: {durations(self.seconds)}; {ran}")

    def _findings(self) -> list[Finding]:
        observer = self._observer(self.ledger.scenario_logs[0])
        try:
            observer.await_fence(after=0)
        except RecorderUnreachable as error:
            raise AssertionError(f"The run cannot be audited: {self.trouble() or error}") from error
        assert not (trouble := self.trouble()), f"The run cannot be audited: {trouble}"
        findings = audit(self.ledger, self._observer) + audit_responses(self.ledger, apis())
        self._report_foreign_records()
        return findings

    def _report_foreign_records(self) -> None:
        """Report records of others that violate the contract, in a file: they never fail a run."""
        foreign = foreign_records(self.ledger, event_schemas(contract.current()))
        if foreign.invalid:
            file = self.evidence_folder / "foreign.jsonl"
            collect_foreign(file, foreign.invalid)
            say(f"\n{foreign}\n      to look at: {file}")

    def _begin_phase(self, name: str) -> None:
        self._phases.append((name, time.monotonic()))

    def _observer(self, scenario_log: ScenarioLog) -> Observer:
        def platform() -> str:
            return self._trouble() or self._state_of({subject.topic for subject in scenario_log.subjects})

        return Observer(self.ledger, scenario_log, self.stack.recorder, self._trouble, platform)

    def _requests_sent(self) -> int:
        return sum(len(client.exchanges) for client in self.clients.values())

    def _trouble(self) -> str | None:
        """Return the trouble without the lines behind the first, which are printed once, when the run ends."""
        trouble = self.trouble()
        return trouble.splitlines()[0] if trouble else None

    def _state_of(self, topics: Collection[str]) -> str:
        """Return the state of a scenario's topics, and what the services say of themselves that publish on them.

        Args:
            topics: those of the scenario; without any, those that all scenarios use are meant.
        """
        publishers = needed_topics(self.stack.api_urls)
        needed = sorted(topics or publishers)
        names = dict.fromkeys(publishers[topic].service.name for topic in needed if topic in publishers)
        reports = (f"{name} {health}" for name in names if (health := self.clients[name].health()))
        return "; ".join(["nothing has ended", self._state_of_topics(needed), *reports])

    def _state_of_topics(self, topics: Collection[str] = ()) -> str:
        try:
            existing = self.stack.recorder.topics()
        except RecorderUnreachable as error:
            return str(error)
        if missing := [topic for topic in topics if topic not in existing]:
            return f"the broker answers; it shows no topic {', '.join(missing)}"
        states = ", ".join(f"{topic} has {existing[topic]} partitions" for topic in topics)
        return f"the broker answers; {states}" if states else "the broker answers"
