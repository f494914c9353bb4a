"""What the tests in the browser share: one browser, and pages of every kind of run."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.chromium import launched
from tests.browser.samples import SITES


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What starts browsers."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser for all tests."""
    started = launched(playwright)
    yield started
    started.close()


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[Path]]:
    """All pages of each site."""
    folder = tmp_path_factory.mktemp("sites")
    for name, make in SITES.items():
        make(folder / name)
    return {name: sorted((folder / name).rglob("*.html")) for name in SITES}
