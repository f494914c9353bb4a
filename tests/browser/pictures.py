"""Takes the pictures of the report: `python -m tests.browser.pictures [FOLDER]`.

All of them are made in reports/pictures, or in the folder that is named. Those in docs/pictures are four of them.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.checks import PHONE, WIDE
from tests.browser.chromium import launched, opened
from tests.browser.samples import SITES


@dataclass(frozen=True)
class Picture:
    """A picture of a page.

    Attributes:
        site: which of the samples.
        page: the beginning of the file's name.
        reader: how it is read, as Playwright's `new_context` has it.
        of: the part of the page, as a CSS selector; empty for what is seen without scrolling.
        printed: whether it is the page as it is printed.
    """

    site: str
    page: str = "index"
    reader: dict[str, Any] = field(default_factory=lambda: {"viewport": WIDE})
    of: str = ""
    printed: bool = False


PICTURES = {
    "first-page-red": Picture("red"),
    "failed-scenario": Picture("red", "patient-updated-changing-one-field-telefon"),
    "gaps": Picture("red", "gaps"),
    "history": Picture("red", "history"),
    "first-page-green": Picture("green"),
    "timeline": Picture("red", "patient-updated-changing-one-field-telefon", of="figure"),
    "phone": Picture("red", reader={"viewport": PHONE}),
    "dark": Picture("red", reader={"viewport": WIDE, "color_scheme": "dark"}),
    "german": Picture("German"),
    "printed": Picture("red", printed=True),
}
"""Each picture: its name -> what it shows. The first four are in docs/pictures."""


def take(browser: Browser, folder: Path) -> Iterator[Path]:
    """Take all pictures, and yield each file.

    Args:
        browser: that shows the pages.
        folder: where the files are written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="acceptance-pictures-") as made:
        sites = {each.site for each in PICTURES.values()}
        for site in sites:
            SITES[site](Path(made) / site)
        for name, picture in PICTURES.items():
            page = next((Path(made) / picture.site).rglob(f"{picture.page}*.html"))
            with opened(browser, page, **picture.reader) as shown:
                yield _taken(shown, picture, folder / f"{name}.png")


def _taken(page: Page, picture: Picture, file: Path) -> Path:
    if picture.printed:
        page.emulate_media(media="print")
    shot: Callable[..., bytes] = page.locator(picture.of).first.screenshot if picture.of else page.screenshot
    shot(path=file)
    return file


def main() -> int:
    """Take the pictures, print their files, and return the exit code."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "reports/pictures")
    with sync_playwright() as playwright:
        browser = launched(playwright)
        for file in take(browser, folder):
            print(file)  # noqa: T201 - what the command is for
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
