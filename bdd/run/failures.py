"""Failed steps: each gets its cause, its evidence and its message."""

from collections.abc import Sequence
from pathlib import Path

from behave.model import Scenario, Step

from bdd.contracts.event import Event
from bdd.domain.world import World
from bdd.evidence.collecting import scenario_folder
from bdd.kafka.record import Record
from bdd.run.loading import first_line_filled
from bdd.run.session import Session
from bdd.system.behave_internals import Explained
from bdd.verdict.causes import Causes, Failure, title_of
from bdd.verdict.ledger import Ledger
from bdd.verdict.scenario_log import ScenarioLog
from bdd.verdict.symptom import Symptom, of_text, of_trouble, symptoms_of
from bdd.verdict.unexpected import explain_unexpected


class Failures:
    """Explains the failed steps of a run.

    Args:
        causes: the run's, to which each failure is added.
        session: the run.
    """

    def __init__(self, causes: Causes, session: Session) -> None:
        self._causes = causes
        self._session = session

    def explain(self, world: World, scenario: Scenario, step: Step, error: Exception) -> Explained:
        """Add a failure to the causes, keep its evidence, and return its message.

        Args:
            world: the scenario's world.
            scenario: the scenario.
            step: the step that has failed.
            error: why.
        """
        trouble = self._session.trouble()
        message = first_line_filled(error)
        symptoms = self._symptoms(world, error, trouble)
        title = title_of(symptoms)
        symptoms = symptoms or of_text(f"“{step.name}”: {message.partition('but: ')[2] or message}")
        log, prepares = world.observer.scenario_log, step.step_type == "given"
        failure = Failure(log, f"{step.keyword} {step.name}", message, symptoms, prepares)
        number, is_new = self._causes.note(failure)
        whole = message if message.startswith(title) else f"{title}\n{message}"
        failure.evidence = self._keep(number, world, scenario, step, whole)
        if is_new or self._session.prints_each:
            return Explained(whole, f"cause {number}: {whole.rstrip()}\n          evidence: {failure.evidence}")
        printed = f"same cause as {number}: {title_of(symptoms)}; evidence: {failure.evidence}"
        return Explained(whole, printed, number)

    def _symptoms(self, world: World, error: Exception, trouble: str | None) -> Sequence[Symptom]:
        """Return the symptoms of a failure, none where only its message is known."""
        if trouble:
            return [of_trouble(trouble)]
        if found := symptoms_of(error):
            return found
        # A step that compares by itself: what the scenario has not expected is the most likely reason.
        ledger, log = world.observer.ledger, world.observer.scenario_log
        unclaimed = ledger.unclaimed(log, world.began, world.observer.recorder.cursor)
        unexpected = [each for each in unclaimed if not self._is_awaited(ledger, log, each[1])]
        return explain_unexpected(ledger, log, *unexpected[0]).symptoms if unexpected else []

    @staticmethod
    def _is_awaited(ledger: Ledger, log: ScenarioLog, record: Record) -> bool:
        """Return whether a record is what the scenario expects, and no step has looked for it yet."""
        event = ledger.event(record)
        return isinstance(event, Event) and ledger.is_expected(log, event)

    def _keep(self, number: int, world: World, scenario: Scenario, step: Step, message: str) -> Path:
        folder = scenario_folder(self._session.evidence_folder / f"cause-{number}", scenario)
        self._session.keep_evidence(folder, world, scenario, step, message)
        return folder
