"""A run: from the settings to the verdict. The hooks of `environment.py` call it, and nothing else does."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from behave.model import Scenario, Step

from bdd.api.client import ApiClient
from bdd.contracts import asyncapi as contract
from bdd.contracts.openapi import ResponseSchemas
from bdd.domain.world import World
from bdd.evidence.collecting import collect, collect_foreign, collect_sources, folder_name
from bdd.output.console import durations, say
from bdd.recorder.client import RecorderUnreachable
from bdd.report.masked import mask_failures
from bdd.settings.settings import Settings
from bdd.stacks.base import CannotStart
from bdd.stacks.factory import make_stack, new_run_id
from bdd.verdict.audit import Finding, audit, audit_responses, settle
from bdd.verdict.ledger import Ledger
from bdd.verdict.observer import Observer
from bdd.verdict.scenario_log import ScenarioLog
from bdd.verdict.schema import Foreign, event_schemas, foreign_records


class Run:
    """One run of the suite on one stack.

    Attributes:
        id: names the run in its evidence folder and, shortened, in its test data.
        scenarios: how many were begun.
        seconds: how long each phase took.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.id = new_run_id()
        self.scenarios = 0
        self.seconds: dict[str, float] = {}
        self.stack = make_stack(settings, self.id)
        self._token = self.id.rpartition("-")[2]
        self._phase, self._phase_began = "start", time.monotonic()
        self._last_action = 0.0
        self._marks: Mapping[str, float] = {}
        self._requests = 0

    def start(self) -> None:
        """Bring the platform and the recorder up.

        Raises:
            CannotStart: one of them did not come up, or the patients' topic is missing.
        """
        self._start_stack()
        self.api = ApiClient(self.stack.api_url)
        self.ledger = Ledger(self.stack.recorder, self._token, self.settings.clock_tolerance)
        self._check_topics()
        self.end_phase("scenarios")
        say(f"Platform: {self.settings.stack}, {self.stack.api_url} ({durations(self.stack.startup)})\n")

    def open_world(self, scenario: Scenario) -> World:
        """Return the world for a scenario that begins."""
        self.scenarios += 1
        self._marks = {name: source.mark() for name, source in self.stack.evidence().items()}
        self._requests = len(self.api.exchanges)
        scenario_log = self.ledger.open_scenario_log(scenario.name, str(scenario.location))
        return World(
            api=self.api,
            observer=self._observer(scenario_log),
            topics=self.stack.recorder.topics,
            default_deadline=self.settings.deadline,
            deadline_factor=self.settings.deadline_factor,
            began=self.stack.recorder.cursor,
            model_seed=self.settings.model_seed,
            model_stories=self.settings.model_stories,
        )

    def close_world(self, world: World, scenario: Scenario) -> None:
        """Take note of how a scenario ended."""
        mask_failures(scenario)
        world.observer.scenario_log.failed = scenario.status.has_failed()
        if len(self.api.exchanges) > self._requests:
            self._last_action = time.monotonic()
        for remark in world.console_notes:
            say(remark)

    def keep_evidence(self, world: World, scenario: Scenario, failed: Step) -> None:
        """Leave what was seen of a failed scenario in a folder and name that folder."""
        feature = folder_name(Path(scenario.filename).stem)
        folder = self.settings.evidence_dir / self.id / feature / folder_name(f"{scenario.name}-{scenario.line}")
        collect(folder, scenario, failed, world, sources=self.stack.evidence(), since=self._marks)
        say(f"      evidence: {folder}")

    def audit(self) -> Sequence[Finding]:
        """Wait out the settling time once and return what the run leaves unexplained.

        Raises:
            AssertionError: the recorder lost records or cannot be read, so that no verdict can be had.
        """
        self.end_phase("audit")
        if not self.ledger.scenario_logs:
            return []
        settle(self._last_action, self.settings.settling)
        observer = self._observer(self.ledger.scenario_logs[0])
        try:
            observer.read_up_to_now()
        except RecorderUnreachable as error:
            raise AssertionError(f"The run cannot be audited: {self.stack.trouble() or error}") from error
        assert not (trouble := self.stack.trouble()), f"The run cannot be audited: {trouble}"
        findings = audit(self.ledger, self._observer) + audit_responses(self.ledger, ResponseSchemas())
        self._tell_of(foreign_records(self.ledger, event_schemas(contract.current())))
        return findings

    def stop(self) -> None:
        """End what was started; may be called more than once."""
        self.end_phase("stop")
        self.stack.stop()
        self.end_phase("stop")

    def end_phase(self, then: str) -> None:
        """Take down how long the phase took that ends now, and begin the next one."""
        now = time.monotonic()
        self.seconds[self._phase] = now - self._phase_began
        self._phase, self._phase_began = then, now

    def _observer(self, scenario_log: ScenarioLog) -> Observer:
        return Observer(self.ledger, scenario_log, self.stack.recorder, self._trouble, self._platform)

    def _tell_of(self, foreign: Foreign) -> None:
        """Foreign records are no fault of this run; who wants to look at the broken ones finds them in a file."""
        if foreign.broken:
            file = self.settings.evidence_dir / self.id / "foreign.jsonl"
            collect_foreign(file, foreign.broken)
            say(f"\n{foreign}\n      to look at: {file}")

    def _start_stack(self) -> None:
        try:
            self.stack.start()
        except CannotStart as error:
            sources = self.stack.evidence()
            if not sources:
                raise
            folder = self.settings.evidence_dir / self.id / "start"
            collect_sources(folder, sources)
            raise CannotStart(f"{error}\n      evidence: {folder}") from error

    def _trouble(self) -> str | None:
        """What has broken, without the log's lines: they are printed once, when the run ends."""
        trouble = self.stack.trouble()
        return trouble.splitlines()[0] if trouble else None

    def _platform(self) -> str:
        """The platform's state, for messages."""
        return self._trouble() or self._state_of_topic()

    def _state_of_topic(self) -> str:
        topic = contract.current().patient_topic
        try:
            partitions = self.stack.recorder.topics().get(topic)
        except RecorderUnreachable as error:
            return str(error)
        if partitions is None:
            return f"the broker answers; it has no topic {topic}"
        return f"nothing has ended; the broker answers; {topic} has {partitions} partitions"

    def _check_topics(self) -> None:
        """Without the patients' topic every scenario would wait in vain; the others have a feature of their own."""
        promised = contract.current()
        topic = promised.patient_topic
        try:
            existing: Mapping[str, int] = self.stack.recorder.topics()
            self.stack.recorder.fence()
        except RecorderUnreachable as error:
            raise CannotStart(str(error)) from error
        if topic not in existing:
            raise CannotStart(
                f"The topic {topic} does not exist. The broker has: {', '.join(sorted(existing)) or 'none'}. "
                f"Create it with {promised.partitions[topic]} partitions, or look whether this is the right broker."
            )
