"""Makes the report of a run and its history: the pages of `python -m bdd report`."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bdd.pages.capabilities import capabilities_of
from bdd.pages.changes import changes_of
from bdd.pages.front import front_of
from bdd.pages.gaps import gaps_of
from bdd.pages.headline import headline_of
from bdd.pages.past import history_of, past_of_each
from bdd.pages.pdf import print_to_pdf
from bdd.pages.scenario import Before, pages_of, shown
from bdd.pages.site import FIRST, Navigation, Site
from bdd.pages.words import Code, Language
from bdd.results.comparison import compare
from bdd.results.coverage import coverage
from bdd.results.folder import History
from bdd.results.model import Run, ScenarioName
from bdd.results.trends import trends_of

_NAVIGATION = (
    Navigation(FIRST, "nav_overview"),
    Navigation("capabilities.html", "nav_capabilities"),
    Navigation("gaps.html", "nav_gaps"),
    Navigation("history.html", "nav_history"),
)
PDF = "report.pdf"


@dataclass(frozen=True)
class Form:
    """How a report is made.

    Attributes:
        language: that of its words.
        single: whether one file holds everything, with pages only of those scenarios that are not kept.
    """

    language: Code = "en"
    single: bool = False


def make_report(run: Run, history: History, folder: Path, form: Form = Form()) -> Path:
    """Make the pages about a run and return the first one.

    Args:
        run: the results.
        history: the newest runs like this one, itself at the end.
        folder: where the pages are made.
        form: how.

    Raises:
        OSError: a page cannot be written.
    """
    return _site(run, history, form).write(folder)


def make_pdf(run: Run, history: History, folder: Path, form: Form) -> Path:
    """Print what a report with `--single` holds, and return the PDF.

    Args:
        run: the results.
        history: the newest runs like this one, itself at the end.
        folder: where the PDF is made.
        form: how the report is made.

    Raises:
        OSError: it cannot be written.
        NoPdf: there is no browser, or it made none.
    """
    pdf = folder / PDF
    with tempfile.TemporaryDirectory(prefix="bdd-report-") as whole:
        print_to_pdf(_site(run, history, replace(form, single=True)).write(Path(whole)), pdf)
    return pdf


def _site(run: Run, history: History, form: Form) -> Site:
    say = Language(form.language)
    site = Site("report_name", say, _NAVIGATION, single=form.single)
    pages = pages_of(run, only_not_kept=form.single)
    capabilities = capabilities_of(run, pages, say)
    comparison = compare(history.runs)
    changes = changes_of(comparison, pages, say)
    front = front_of(run, say, history=history.runs, changes=changes, capabilities=capabilities, pages=pages)
    headline = headline_of(run, comparison, capabilities, say)
    site.add(FIRST, "front.html", front.sentence, head=run.run, front=front, headline=headline, changes=changes)
    site.add("capabilities.html", "capabilities.html", say("capabilities"), capabilities=capabilities)
    if gaps := gaps_of(coverage(run), pages, say):
        site.add("gaps.html", "gaps.html", say("gaps_title", n=len(gaps.gaps)), gaps=gaps)
    trends = trends_of(history.runs)
    past = history_of(history.runs, trends, pages, say)
    site.add("history.html", "history.html", say("history_title", n=len(past.rows)), past=past)
    _add_scenarios(site, run, pages, Before(changes.since, past_of_each(trends, pages, say), len(history.runs)))
    return site


def _add_scenarios(site: Site, run: Run, pages: Mapping[ScenarioName, str], before: Before) -> None:
    for each in run.scenarios:
        if each.as_name in pages:
            seen = shown(run, each, before, site.language)
            site.add(pages[each.as_name], "scenario.html", each.name, seen=seen)
