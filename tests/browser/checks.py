"""What is checked on a page. Each check returns what it found, one sentence each, and nothing if all is well.

Each one makes the page such as its reader has it: dark, narrow, printed. `CHECKS` has them in an order in which all
of them can look at a page that was opened once: those of what is folded come before those that unfold it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

WIDE: ViewportSize = {"width": 1100, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 740}
_MOST_STOPS = 2000
_OPEN_ALL = """() => {
    document.querySelectorAll('details').forEach(each => { each.open = true })
    // axe cannot tell the colours behind what the browser has not drawn yet.
    const style = document.head.appendChild(document.createElement('style'))
    style.textContent = '* { content-visibility: visible !important }'
}"""
_TOO_WIDE = """() => {
    const width = document.documentElement.clientWidth
    if (document.documentElement.scrollWidth <= width) return []
    const scrolls = each => each !== null &&
        (getComputedStyle(each).overflowX !== 'visible' || scrolls(each.parentElement))
    return [...document.querySelectorAll('body *')]
        .filter(each => each.getBoundingClientRect().right > width + 1 && !scrolls(each.parentElement))
        .map(each => `${each.tagName} ${each.className}: ${each.textContent.trim().slice(0, 60)}`)
        .concat(`the page is ${document.documentElement.scrollWidth} wide`)
}"""
_FOCUSED = """() => {
    const summary = document.activeElement.closest('summary')
    return [document.activeElement === document.body, summary !== null && !summary.parentElement.open]
}"""
_CLOSED = (
    """() => [...document.querySelectorAll('details:not([open]) > summary')].map(each => each.textContent.trim())"""
)
_MOVING = """() => [document.documentElement, ...document.querySelectorAll('*')].flatMap(each => {
    const style = getComputedStyle(each)
    const still = [style.transitionDuration, style.animationDuration].every(all =>
        all.split(',').every(one => parseFloat(one) < 0.02))
    return still && style.scrollBehavior !== 'smooth' ? [] : [`${each.tagName} ${each.className}`]
})"""
_HIDDEN = """() => [...document.querySelectorAll('main *')].filter(each =>
    each.textContent.trim() && !each.matches('svg *, .skip') && !each.checkVisibility({contentVisibilityAuto: true})
    ).map(each => `${each.tagName} ${each.className}: ${each.textContent.trim().slice(0, 60)}`)"""


def violations(page: Page) -> list[str]:
    """Return what axe finds in a light page, with all that is folded unfolded."""
    page.emulate_media(media="screen", color_scheme="light")
    page.evaluate(_OPEN_ALL)
    return _found_by_axe(page, {"resultTypes": ["violations"]})


def unreadable_colours(page: Page) -> list[str]:
    """Return what axe finds about colours in a dark page, with all that is folded unfolded."""
    page.emulate_media(media="screen", color_scheme="dark")
    page.evaluate(_OPEN_ALL)
    return _found_by_axe(page, {"runOnly": ["color-contrast", "link-in-text-block"]})


def too_wide(page: Page) -> list[str]:
    """Return what makes the reader of a phone scroll sideways, with all that is folded unfolded."""
    page.emulate_media(media="screen")
    page.set_viewport_size(PHONE)
    page.evaluate(_OPEN_ALL)
    return list(page.evaluate(_TOO_WIDE))


def not_opened_by_keyboard(page: Page) -> list[str]:
    """Return what stays folded although a reader goes through the page with Tab and opens all with Enter.

    Args:
        page: a page without JavaScript, so that nothing but the page's HTML opens it.
    """
    for _ in range(_MOST_STOPS):
        page.keyboard.press("Tab")
        at_end, folded = page.evaluate(_FOCUSED)
        if folded:
            page.keyboard.press("Enter")
        if at_end:
            return list(page.evaluate(_CLOSED))
    return [f"after {_MOST_STOPS} stops the end of the page is not reached"]


def moving(page: Page) -> list[str]:
    """Return what moves although the reader prefers less of it."""
    page.emulate_media(media="screen", reduced_motion="reduce")
    return list(page.evaluate(_MOVING))


def hidden_on_paper(page: Page) -> list[str]:
    """Return what a printed page does not show."""
    page.emulate_media(media="print")
    return list(page.evaluate(_HIDDEN))


CHECKS: Mapping[str, Callable[[Page], list[str]]] = {
    "reduced motion": moving,
    "paper": hidden_on_paper,
    "axe, light": violations,
    "axe, dark": unreadable_colours,
    "phone": too_wide,
}
"""The checks of a page that was opened once."""


def _found_by_axe(page: Page, options: dict[str, Any]) -> list[str]:
    found = Axe().run(page, options=options).response["violations"]
    return [f"{each['id']}: {each['help']}: {node['html']}" for each in found for node in each["nodes"]]
