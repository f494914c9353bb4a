"""What several unit tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fake_run import Behave, fake_behave


@pytest.fixture
def behave(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Behave]:
    """A fake of behave, with a fake of the stack."""
    with fake_behave(tmp_path, capsys) as fake:
        yield fake
