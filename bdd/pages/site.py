"""Writes pages made from templates: a folder of files, or one file that holds all of them."""

import re
import shutil
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bdd.pages.words import Language

_TEMPLATES = Path(__file__).parent / "templates"
_STYLE = "style.css"
_LONGEST_NAME = 50
FIRST = "index.html"
_MADE_BY = "<!doctype html>\n<!-- made by the acceptance suite"
"""How each page begins, by which a page of an earlier report is known."""


@dataclass(frozen=True)
class Navigation:
    """A page that all others link to.

    Attributes:
        page: its file.
        word: the key of its name.
    """

    page: str
    word: str


class Site:
    """Pages that link to each other and to nothing else.

        site = Site("report_name", Language("en"), [Navigation("index.html", "nav_overview")])
        site.add("index.html", "front.html", "Tonight", run=run)
        site.write(Path("reports/pages"))

    In a template `say` is the language, `link(page, part)` an address, `part(name)` the id of a part of this page.

    Args:
        word: the key of what the pages are together.
        language: that of the pages.
        navigation: the pages that all others link to; only those are shown that are added.
        single: whether one file holds all pages.
    """

    def __init__(
        self, word: str, language: Language, navigation: Sequence[Navigation], *, single: bool = False
    ) -> None:
        self.language = language
        self.single = single
        self._word = word
        self._navigation = navigation
        self._pages: dict[str, tuple[str, str, dict[str, Any]]] = {}
        self._environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals |= {"say": language, "single": single}

    def add(self, page: str, template: str, title: str, **values: Any) -> None:
        """Add a page.

        Args:
            page: its file below the folder, with slashes.
            template: the file of its template, which fills the blocks of `page.html`.
            title: what it is called in the browser.
            values: what the template shows.
        """
        self._pages[page] = (template, title, values)

    def write(self, folder: Path) -> Path:
        """Write all pages and return the first one. Pages of an earlier report that are no part of this one go.

        Args:
            folder: where; it is made if it is not there.

        Raises:
            OSError: a file cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._remove_old(folder)
        if self.single:
            self._write_single(folder)
        else:
            shutil.copyfile(_TEMPLATES / _STYLE, folder / _STYLE)
            for page in self._pages:
                file = folder / page
                file.parent.mkdir(exist_ok=True)
                file.write_text(self._rendered(page, "page.html"), encoding="utf-8")
        return folder / FIRST

    def _write_single(self, folder: Path) -> None:
        _, title, _ = self._pages[FIRST]
        sections = [Markup(self._rendered(page, "section.html")) for page in self._pages]  # noqa: S704 - escaped
        whole = self._environment.get_template("single.html").render(
            self._shared(FIRST),
            title=title,
            sections=sections,
            style=Markup(_style()),  # noqa: S704 - our own file
        )
        (folder / FIRST).write_text(whole, encoding="utf-8")

    def _rendered(self, page: str, layout: str) -> str:
        template, title, values = self._pages[page]
        shared = self._shared(page)
        return self._environment.get_template(template).render(shared, layout=layout, title=title, **values)

    def _shared(self, page: str) -> dict[str, Any]:
        up = "../" * page.count("/")

        def link(target: str, part: str = "") -> str:
            if self.single:
                return f"#{_id_of(target, part)}"
            return f"{up}{target}#{part}" if part else f"{up}{target}"

        return {
            "page": page,
            "link": link,
            "part": lambda name: _id_of(page, name) if self.single else name,
            "style_at": f"{up}{_STYLE}",
            "site": self.language(self._word),
            "navigation": [each for each in self._navigation if each.page in self._pages],
        }

    def _remove_old(self, folder: Path) -> None:
        kept = {FIRST} if self.single else set(self._pages)
        for file in [*folder.glob("*.html"), *folder.glob("*/*.html")]:
            if file.relative_to(folder).as_posix() not in kept and _is_own(file):
                file.unlink()


def file_name(text: str) -> str:
    """Return a text as the name of a file: lower-case letters, digits and hyphens.

    A long one is cut, and ends with its checksum, so that two that begin alike have two names.
    """
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:_LONGEST_NAME].strip('-')}-{zlib.crc32(text.encode()):08x}"


def _style() -> str:
    return (_TEMPLATES / _STYLE).read_text(encoding="utf-8")


def _id_of(page: str, part: str) -> str:
    name = file_name(page.removesuffix(".html"))
    return f"{name}--{part}" if part else name


def _is_own(file: Path) -> bool:
    with file.open(encoding="utf-8", errors="replace") as text:
        return text.read(len(_MADE_BY)) == _MADE_BY
