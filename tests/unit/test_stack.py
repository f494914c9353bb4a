"""What all stacks do alike."""

from collections.abc import Callable

import pytest

from bdd.settings.settings import load_settings
from bdd.stacks.base import Stack
from bdd.stacks.checks.check import Check


class Prepared(Stack):
    """A stack whose start only registers three clean-ups; the second one fails at first."""

    errors = {}  # noqa: RUF012 - a ClassVar, as `Stack` says

    def checks(self, try_event: Callable[[str], str] | None) -> list[Check]:
        return []

    def _start(self) -> None:
        self.error: BaseException | None = OSError("the disk is full")
        self.calls: list[str] = []
        self._cleanups += [lambda: self.calls.append("first"), self._second, lambda: self.calls.append("third")]

    def _second(self) -> None:
        self.calls.append("second")
        if self.error:
            raise self.error


@pytest.fixture
def stack() -> Prepared:
    started = Prepared(load_settings({}), "run")
    started.start()
    return started


def test_a_failing_clean_up_is_reported_and_alone_repeated_by_the_next_stop(stack: Prepared) -> None:
    with pytest.raises(ExceptionGroup) as raised:
        stack.stop()
    assert raised.value.exceptions == (stack.error,)
    assert stack.calls == ["third", "second", "first"]
    stack.error = None
    stack.stop()
    stack.stop()
    assert stack.calls == ["third", "second", "first", "second"]


def test_an_interrupted_stop_goes_on_where_it_was(stack: Prepared) -> None:
    stack.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        stack.stop()
    stack.error = None
    stack.stop()
    assert stack.calls == ["third", "second", "second", "first"]
