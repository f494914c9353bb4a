"""The pages are valid HTML; this needs no browser."""

from collections.abc import Mapping
from pathlib import Path

from tests.browser.validator import invalid


def test_every_page_is_valid(sites: Mapping[str, list[Path]]) -> None:
    pages = [page for several in sites.values() for page in several]
    assert len(pages) > len(sites)
    assert invalid(pages) == []


def test_what_is_not_valid_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<!doctype html><html lang="en"><title>A page</title><p id="a"><div id="a"></div></p>')
    assert "page.html:1: Duplicate ID “a”." in invalid([page])
