"""Every page as readers have it: light and dark, on a phone, by keyboard, without JavaScript, printed."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.browser import chromium
from tests.browser.checks import CHECKS, WIDE, not_opened_by_keyboard
from tests.browser.chromium import opened, reading
from tests.browser.samples import SITES

Sites = Mapping[str, list[Path]]
BROKEN = {
    "axe, light": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
    "axe, dark": '<p style="color: #222">Words in the dark</p>',
    "phone": '<div style="width: 500px">Wide</div>',
    "reduced motion": '<p style="transition: color 1s">Moves</p>',
    "paper": "<style>@media print { .hides { display: none } }</style><p class='hides'>Not to be seen</p>",
}
"""For each check something that it must find."""


@pytest.mark.parametrize("site", SITES)
def test_every_page_is_right_and_says_the_same_without_javascript(
    site: str, sites: Sites, browser: Browser
) -> None:
    with reading(browser) as read, reading(browser, viewport=WIDE, java_script_enabled=False) as read_without:
        found = {file.name: _problems(read(file), read_without(file)) for file in sites[site]}
    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_finds_what_is_wrong(check: str, sites: Sites, browser: Browser, tmp_path: Path) -> None:
    with opened(browser, broken(sites, BROKEN[check], tmp_path), viewport=WIDE) as page:
        assert CHECKS[check](page) != []


def test_what_the_keyboard_does_not_open_is_found(sites: Sites, browser: Browser, tmp_path: Path) -> None:
    part = '<details><summary tabindex="-1">Not to be reached</summary>Words</details>'
    with opened(browser, broken(sites, part, tmp_path), java_script_enabled=False) as page:
        assert not_opened_by_keyboard(page) == ["Not to be reached"]


def test_what_a_script_says_is_noticed(sites: Sites, browser: Browser, tmp_path: Path) -> None:
    file = broken(sites, "<script>document.querySelector('main').append('Said by a script')</script>", tmp_path)
    with opened(browser, file) as page:
        assert "Said by a script" in page.inner_text("body")
    with opened(browser, file, java_script_enabled=False) as page:
        assert "Said by a script" not in page.inner_text("body")


def test_a_request_to_a_host_is_noticed(sites: Sites, browser: Browser, tmp_path: Path) -> None:
    file = broken(sites, '<img alt="A dot" src="http://127.0.0.1:9/dot.png">', tmp_path)
    with pytest.raises(AssertionError, match="requests to a host"), opened(browser, file):
        pass


@pytest.mark.parametrize("site", SITES)
def test_the_dark_is_dark(site: str, sites: Sites, browser: Browser) -> None:
    first = next(file for file in sites[site] if file.name == "index.html")
    light, dark = (_paper(browser, first, scheme) for scheme in ("light", "dark"))
    assert light > 200
    assert dark < 60


def test_without_a_browser_a_test_is_skipped_and_where_one_is_required_it_fails(
    monkeypatch: pytest.MonkeyPatch, playwright: Playwright
) -> None:
    monkeypatch.setenv(chromium.NAMED_BY, "no-such-browser")
    monkeypatch.delenv(chromium.REQUIRED_BY, raising=False)
    with pytest.raises(pytest.skip.Exception, match="none of no-such-browser can be executed"):
        chromium.launched(playwright)
    monkeypatch.setenv(chromium.REQUIRED_BY, "1")
    with pytest.raises(pytest.fail.Exception, match="none of no-such-browser can be executed"):
        chromium.launched(playwright)


def _problems(page: Page, without_javascript: Page) -> dict[str, list[str]]:
    page.set_viewport_size(WIDE)
    same = page.inner_text("body") == without_javascript.inner_text("body")
    problems = {name: check(page) for name, check in CHECKS.items()}
    problems["without JavaScript"] = [] if same else ["it says something else"]
    problems["keyboard"] = not_opened_by_keyboard(without_javascript)
    return {name: some for name, some in problems.items() if some}


def broken(sites: Sites, part: str, folder: Path) -> Path:
    """Return a copy of a page with a part that is wrong."""
    sound = next(file for file in sites["single file"] if file.name == "index.html").read_text(encoding="utf-8")
    assert "</main>" in sound
    file = folder / "broken.html"
    file.write_text(sound.replace("</main>", f"{part}</main>"), encoding="utf-8")
    return file


def _paper(browser: Browser, file: Path, scheme: str) -> float:
    """Return how light the page's background is: 0 to 255."""
    with opened(browser, file, color_scheme=scheme) as page:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    shares = [float(each) for each in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    return sum(shares) / 3
