"""Makes the report of a run and its history: the pages of `python -m bdd report`."""

from dataclasses import dataclass
from pathlib import Path

from bdd.pages.capabilities import capabilities_of
from bdd.pages.changes import changes_of
from bdd.pages.front import front_of
from bdd.pages.gaps import gaps_of
from bdd.pages.outcome import named
from bdd.pages.pdf import print_to_pdf
from bdd.pages.scenario import pages_of, shown
from bdd.pages.site import FIRST, Navigation, Site
from bdd.pages.words import Code, Language
from bdd.results.comparison import compare
from bdd.results.coverage import coverage
from bdd.results.folder import History
from bdd.results.model import Run

_NAVIGATION = (
    Navigation(FIRST, "nav_overview"),
    Navigation("capabilities.html", "nav_capabilities"),
    Navigation("gaps.html", "nav_gaps"),
)
PDF = "report.pdf"


@dataclass(frozen=True)
class Form:
    """How a report is made.

    Attributes:
        language: that of its words.
        single: whether one file holds everything.
        pdf: whether a PDF is made too.
    """

    language: Code = "en"
    single: bool = False
    pdf: bool = False


def make_report(run: Run, history: History, folder: Path, form: Form = Form()) -> Path:
    """Make the pages about a run and return the first one.

    Args:
        run: the results.
        history: the newest runs like this one, itself at the end.
        folder: where the pages are made.
        form: how.

    Raises:
        OSError: a page cannot be written.
        NoPdf: the pages are made, and the PDF that was asked for is not.
    """
    first = _site(run, history, form).write(folder)
    if form.pdf:
        print_to_pdf(first, folder / PDF)
    return first


def _site(run: Run, history: History, form: Form) -> Site:
    say = Language(form.language)
    site = Site("report_name", say, _NAVIGATION, single=form.single)
    pages = pages_of(run)
    capabilities = capabilities_of(run, pages, say)
    comparison = compare(history.runs)
    changes = changes_of(comparison, pages, say)
    front = front_of(run, say, history=history.runs, changes=changes, capabilities=capabilities, pages=pages)
    site.add(FIRST, "front.html", front.sentence, head=run.run, front=front, changes=changes)
    site.add("capabilities.html", "capabilities.html", say("capabilities"), capabilities=capabilities)
    if gaps := gaps_of(coverage(run), pages, say):
        site.add("gaps.html", "gaps.html", say("gaps_title", n=len(gaps.gaps)), gaps=gaps)
    for each in run.scenarios:
        seen = shown(run, each, say)
        site.add(pages[named(each)], "scenario.html", each.name, seen=seen)
    return site
