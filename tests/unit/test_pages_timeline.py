"""The timeline of a scenario."""

import pytest

from bdd.pages.timeline import LEFT, WIDTH, Scale, Timeline, timeline_of
from bdd.results.model import Scenario
from tests.support.scenarios import BEGAN, a_scenario

SLOW = a_scenario("Slow", "failed", seconds=5.3)


def drawn(scenario: Scenario) -> Timeline:
    line = timeline_of(scenario)
    assert line
    return line


def test_everything_that_happened_is_on_it_in_the_order_of_time() -> None:
    line = drawn(a_scenario())
    names = [mark.name or mark.kind for mark in line.marks]
    assert names == ["POST 201", "patient.created", "DELETE 200", "patient.deleted", "fence", "end"]
    assert [lane.name or lane.kind for lane in line.lanes] == ["requests", "patient-events/2", "fences"]


def test_it_is_to_scale() -> None:
    line = drawn(a_scenario())
    moments = [(mark.began, mark.x) for mark in line.marks]
    (first, left), (last, right) = moments[0], moments[-1]
    for at, x in moments:
        assert x == pytest.approx(left + (at - first) / (last - first) * (right - left), abs=0.2)
    request = line.lanes[0].marks[0]
    assert request.width == pytest.approx(0.024 / 0.25 * (right - LEFT), abs=0.2)


def test_a_long_time_without_anything_is_a_break_that_says_how_long_it_is() -> None:
    line = drawn(SLOW)
    assert len(line.gaps) == 1
    (gap,) = line.gaps
    assert 4.5 < gap.seconds < 5.3
    drawn_at = {mark.name: mark.x for mark in line.lanes[0].marks}
    assert drawn_at["DELETE 200"] - drawn_at["POST 201"] > 100, "what happened before is not squeezed"


def test_a_step_that_waits_in_vain_is_there_until_its_deadline() -> None:
    wait = drawn(SLOW).lanes[-1].marks[0]
    assert (wait.kind, wait.name) == ("wait", "patient.deleted")
    assert wait.ended - wait.began == pytest.approx(5.0)
    assert "unexpected" in {mark.kind for mark in drawn(SLOW).marks}


def test_an_outage_is_drawn_where_it_was() -> None:
    line = drawn(a_scenario(outages=((BEGAN + 2.05, BEGAN + 2.1),)))
    (outage,) = line.outages
    assert outage.began == pytest.approx(0.05)
    assert LEFT < outage.x < outage.x + outage.width < WIDTH


def test_nothing_leaves_the_drawing_however_odd_the_times_are() -> None:
    odd = a_scenario(began=BEGAN + 50, outages=((BEGAN, BEGAN + 500),))  # everything else came before its begin
    odd = odd.model_copy(update={"began": BEGAN + 60, "seconds": 0.0})
    line = drawn(odd)
    assert all(LEFT <= mark.x <= mark.x + mark.width <= WIDTH for mark in line.marks)


def test_a_scenario_with_very_many_events_has_a_drawing_that_can_be_read() -> None:
    scenario = a_scenario()
    line = drawn(scenario.model_copy(update={"events": [*scenario.events] * 400}))
    assert line.hidden > 0
    assert len(line.marks) < 100


def test_a_scenario_of_which_nothing_is_known_has_no_timeline() -> None:
    nothing = a_scenario(latency=None, exchanges=(), fences=())
    assert timeline_of(nothing) is None


@pytest.mark.parametrize("whole", [0.0, 0.003, 0.25, 4.0, 75.0, 4000.0])
def test_the_axis_has_a_few_round_moments(whole: float) -> None:
    ticks = Scale([0.0, whole]).ticks()
    assert 1 <= len(ticks) <= 12
    assert [x for x, _ in ticks] == sorted({x for x, _ in ticks})
