"""Reads pages of a report as their readers do: by headings, lists and tables."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from tests.support.recomputed import Note, Row

_VOID = {"meta", "link", "br", "input", "wbr", "hr", "img"}


@dataclass(eq=False)
class Element:
    """An element of a page."""

    tag: str
    attributes: Mapping[str, str | None]
    children: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its text, with single spaces."""
        return " ".join("".join(self._texts()).split())

    def every(self, *tags: str, kind: str = "") -> list["Element"]:
        """Return all elements in it with one of some tags and a class, in their order."""
        return [each for each in self._all() if each.tag in tags and (not kind or kind in each.classes)]

    @property
    def classes(self) -> list[str]:
        """Its classes."""
        return (self.attributes.get("class") or "").split()

    @property
    def elements(self) -> list["Element"]:
        """The elements directly in it."""
        return [each for each in self.children if isinstance(each, Element)]

    def _all(self) -> Iterator["Element"]:
        for each in self.elements:
            yield each
            yield from each._all()

    def _texts(self) -> Iterator[str]:
        for each in self.children:
            if isinstance(each, str):
                yield each
            elif each.tag != "svg":
                yield from each._texts()


class Page(HTMLParser):
    """A page."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]
        self.feed(file.read_text(encoding="utf-8"))
        assert self._open == [self.root], f"{self._open[-1].tag} is not closed"

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in _VOID:
            last = self._open[-1].children[-1]
            assert isinstance(last, Element)
            self._open.append(last)

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag, tag

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    def section(self, name: str) -> Element | None:
        """Return the section whose heading has an id, None if there is none."""
        return next(
            (
                each
                for each in self.root.every("section")
                if any(heading.attributes.get("id") == name for heading in each.every("h1", "h2"))
            ),
            None,
        )

    def the(self, name: str) -> Element:
        """Return that section."""
        section = self.section(name)
        assert section, f"there is no section {name}"
        return section


def groups_of(page: Page) -> dict[str, list[Note]]:
    """Return what has changed since the last run, by heading: name and note."""
    groups = {}
    for changes in page.the("changes").every("div", kind="changes"):
        for group in changes.elements:
            count, heading = group.every("h3")[0].text.split(maxsplit=1)
            notes = list(_notes(group))
            assert len(notes) == int(count), f"{heading}: {count} are announced, and {len(notes)} follow"
            groups[heading] = sorted(notes)
    return groups


def causes_of(page: Page) -> list[tuple[str, str, str]]:
    """Return of each cause: how many scenarios or findings it has, its title, and since when it has been there."""
    section = page.section("causes")
    return [
        (
            each.every("b")[0].text,
            each.every("h3")[0].text,
            "".join(since.text for since in each.every("p", kind="since")),
        )
        for each in (section.every("ol")[0].elements if section else [])
    ]


def headline_of(page: Page) -> set[str]:
    """Return the parts of the sentence below the verdict, in small letters."""
    sentences = [each.text.lower().removesuffix(".") for each in page.root.every("p", kind="since-when")]
    return {part for sentence in sentences for part in sentence.split(", ")}


def broken_capabilities_of(page: Page) -> list[Note]:
    """Return the capabilities below the verdict, and how many of their promises are broken."""
    items = [each for several in page.root.every("ul", kind="broken-capabilities") for each in several.elements]
    return [(each.every("a")[0].text, each.every("span")[0].text.partition(" · ")[0]) for each in items]


def runs_of(page: Page) -> list[list[str]]:
    """Return the table of all runs."""
    return [[cell.text for cell in row.elements] for row in page.the("runs").every("tbody")[0].elements]


def flaky_of(page: Page) -> list[Note]:
    """Return the flaky scenarios: name, and the note about it."""
    return [
        (each.every("div", kind="row-title")[0].text, each.every("p")[0].text)
        for each in page.the("flaky").every("li")
    ]


def scenarios_of(page: Page) -> list[Row]:
    """Return the table of all scenarios."""
    return [_row(each) for each in page.the("each").every("tbody")[0].elements]


def heights_of(page: Page, chart: str, kind: str) -> list[float]:
    """Return how high the points of a line or the bars of a chart are, the oldest run first."""
    (drawing,) = page.the(chart).every("figure")[0].every("svg")[:1]
    (zero,) = [float(each.attributes["y"] or 0) - 4 for each in drawing.every("text") if each.text == "0"]
    points = drawing.every("circle", kind=kind)
    if points:
        return [zero - float(each.attributes["cy"] or 0) for each in points]
    return [float(each.attributes["height"] or 0) for each in drawing.every("rect", kind=kind)]


def _notes(group: Element) -> Iterator[Note]:
    note = ""
    for each in group.elements:
        if each.tag == "p":
            note = each.text
        elif each.tag in {"ul", "details"}:
            yield from ((item.text, note) for item in each.every("li"))


def _row(row: Element) -> Row:
    name, strip, failed, latency = row.elements
    drawing = strip.every("svg")[0]
    flaky = "".join(each.text for each in failed.every("span"))
    words = failed.text.removesuffix(flaky).strip()
    kept, broken = (_marks(drawing, kind) for kind in ("kept", "broken"))
    return Row(name.text, kept, broken, words, flaky, latency.text)


def _marks(drawing: Element, kind: str) -> list[int]:
    """Return which runs have a mark: each mark begins with `M`, and is 7 wide with the space beside it."""
    (path,) = drawing.every("path", kind=kind)
    return [int(place) // 7 for place in re.findall(r"M(\d+)", path.attributes["d"] or "")]
