"""When Chromium shows the first of a page that it opens from disk."""

import shutil
import statistics
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bdd.pages.pdf import BROWSERS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_OPENINGS = 5
_PAINTS = "performance.getEntriesByType('paint')"
_TIMES = f"Object.fromEntries({_PAINTS}.map(each => [each.name, each.startTime / 1000]))"


def first_paints(pages: Iterable[Path]) -> dict[Path, tuple[float, float]]:
    """Return the first paint and the first contentful paint of pages, in seconds; nothing without Chromium.

    Each page is opened several times, each time as if it had never been opened; the medians count.

    Args:
        pages: files of HTML.
    """
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None or find_spec("playwright") is None:
        return {}
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - need not be there

    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=program) as browser:
        return {page: _medians([_paints(browser, page) for _ in range(_OPENINGS)]) for page in pages}


def _paints(browser: "Browser", page: Path) -> tuple[float, float]:
    with browser.new_context(offline=True) as context:
        tab = context.new_page()
        tab.goto(page.absolute().as_uri())
        tab.wait_for_function(f"{_PAINTS}.length == 2")
        times = tab.evaluate(_TIMES)
        return times["first-paint"], times["first-contentful-paint"]


def _medians(paints: list[tuple[float, float]]) -> tuple[float, float]:
    first, contentful = zip(*paints, strict=True)
    return statistics.median(first), statistics.median(contentful)
