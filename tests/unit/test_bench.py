"""The command lines of the benchmarks; what they measure is nothing for a test."""

from collections.abc import Callable, Sequence

import pytest

from bench import check_cost, history_cost

Main = Callable[[Sequence[str]], None]


@pytest.mark.parametrize("main", [check_cost.main, history_cost.main])
def test_the_help_has_a_line_for_each_number(main: Main, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "how many checks of each kind (200)" in capsys.readouterr().out


@pytest.mark.parametrize("main", [check_cost.main, history_cost.main])
@pytest.mark.parametrize("number", ["many", "1", "-5", "1.5"])
def test_what_is_no_number_is_told_before_anything_starts(
    main: Main, number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([number])
    assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err
