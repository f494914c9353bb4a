"""What all stacks do alike."""

from functools import partial

import pytest

from bdd.domain.resource import Service
from bdd.settings.settings import load_settings
from bdd.stacks.base import Stack, TryEvent
from bdd.stacks.checks.check import Check
from bdd.stacks.embedded.stack import EmbeddedStack


class Prepared(Stack):
    """A stack whose start only registers three clean-ups; some of them fail at first."""

    errors = {}  # noqa: RUF012 - a ClassVar, as `Stack` says

    def checks(self, try_event: TryEvent | None) -> list[Check]:
        return []

    def _start(self) -> None:
        self.failing: dict[str, BaseException] = {}
        self.calls: list[str] = []
        self._cleanups += [partial(self._clean_up, name) for name in ("first", "second", "third")]

    def _clean_up(self, name: str) -> None:
        self.calls.append(name)
        if name in self.failing:
            raise self.failing.pop(name)


@pytest.fixture
def stack() -> Prepared:
    started = Prepared(load_settings({}), "run")
    started.start()
    return started


def test_a_failing_clean_up_is_reported_and_alone_repeated_by_the_next_stop(stack: Prepared) -> None:
    error = stack.failing["second"] = OSError("the disk is full")
    with pytest.raises(ExceptionGroup) as raised:
        stack.stop()
    assert raised.value.exceptions == (error,)
    assert stack.calls == ["third", "second", "first"]
    stack.stop()
    stack.stop()
    assert stack.calls == ["third", "second", "first", "second"]


def test_an_interrupted_stop_goes_on_where_it_was_and_repeats_what_failed_before(stack: Prepared) -> None:
    stack.failing |= {"third": OSError("the disk is full"), "second": KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        stack.stop()
    stack.stop()
    assert stack.calls == ["third", "second", "third", "second", "first"]


def test_a_service_without_a_reference_service_is_absent_from_the_embedded_stack(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = {name: Service(name, 8001) for name in ("patient-service", "waiting-room-service")}
    monkeypatch.setattr("bdd.stacks.embedded.stack.services", lambda: known)
    absent = EmbeddedStack(load_settings({}), "run").absent
    assert absent == {"waiting-room-service": "there is no module reference.waiting_room_service"}
