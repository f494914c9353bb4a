"""Finds Chromium, and opens pages in it as a reader does: from disk, without a network."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright

from bdd.pages.pdf import BROWSERS

NAMED_BY = "CHROME"
"""The environment variable that names a browser which is not on PATH."""
REQUIRED_BY = "BROWSER_REQUIRED"
"""The environment variable under which a test fails, and is not skipped, where there is no browser."""


def launched(playwright: Playwright) -> Browser:
    """Return a browser without a window; skip the test where there is none, or fail it if one is required."""
    program = next((found for name in _candidates() if (found := shutil.which(name))), None)
    if program is None:
        reason = (
            f"There is no browser: none of {', '.join(_candidates())} can be executed. Install Chromium (Debian and"
            f" Ubuntu: apt install chromium), or set {NAMED_BY} to the program."
        )
        if os.environ.get(REQUIRED_BY):
            pytest.fail(f"{reason} {REQUIRED_BY} is set, so that this test is not skipped.")
        pytest.skip(reason)
    # Chromium refuses to make its sandbox as root, which is what a container's tests run as.
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return playwright.chromium.launch(executable_path=program, chromium_sandbox=not root)


@contextmanager
def opened(browser: Browser, file: Path, **reader: Any) -> Iterator[Page]:
    """Open a page of this machine, and hold that it asks nothing of any host.

    Args:
        browser: that opens it.
        file: the page.
        reader: how it is read, as Playwright's `new_context` has it: `color_scheme="dark"`.
    """
    with reading(browser, **reader) as read:
        yield read(file)


@contextmanager
def reading(browser: Browser, **reader: Any) -> Iterator[Callable[[Path], Page]]:
    """Open pages of this machine one after the other in one window, and hold that they ask nothing of any host.

    Args:
        browser: that opens them.
        reader: how they are read, as Playwright's `new_context` has it: `color_scheme="dark"`.
    """
    requested: list[str] = []
    context = browser.new_context(offline=True, **reader)

    def read(file: Path) -> Page:
        page.goto(file.absolute().as_uri())
        return page

    try:
        context.on("request", lambda request: requested.append(request.url))
        page = context.new_page()
        yield read
    finally:
        context.close()
    assert [each for each in requested if not each.startswith(("file:", "data:"))] == [], "requests to a host"


def _candidates() -> list[str]:
    named = os.environ.get(NAMED_BY)
    return [named] if named else list(BROWSERS)
