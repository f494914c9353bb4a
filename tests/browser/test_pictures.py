"""The pictures of the report can be taken, and those in the documents are among them."""

import struct
from pathlib import Path

from playwright.sync_api import Browser

from bdd.system.paths import ROOT
from tests.browser.pictures import PICTURES, take

IN_DOCUMENTS = 4


def test_all_pictures_are_taken(browser: Browser) -> None:
    folder = ROOT / "reports" / "pictures"
    files = list(take(browser, folder))
    assert [file.stem for file in files] == list(PICTURES)
    assert all(min(_size(file)) > 100 for file in files)
    assert _size(folder / "phone.png") == (360, 740)


def test_those_in_the_documents_are_the_first_ones_and_are_shown() -> None:
    folder = ROOT / "docs" / "pictures"
    names = [file.stem for file in folder.iterdir()]
    assert sorted(names) == sorted(list(PICTURES)[:IN_DOCUMENTS])
    text = (ROOT / "docs" / "report.md").read_text(encoding="utf-8")
    assert all(f"(pictures/{name}.png)" in text for name in names)


def _size(file: Path) -> tuple[int, int]:
    """Return width and height of a PNG, which its header holds."""
    content = file.read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", content[16:24])
    return width, height
