"""What a notice says: the verdict, the causes, what is new, what else went wrong, and where the report is."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bdd.nightly.judgement import ExitCode, Judgement
from bdd.nightly.words import words
from bdd.output.masking import mask
from bdd.output.printable import in_one_line
from bdd.pages.words import Code
from bdd.results.comparison import Broken, Comparison
from bdd.results.model import Cause, KnownFailure, Run

_MOST_CAUSES = 5
_MOST_NAMES = 10
_MOST_LINES = 4  # of a reason
_LONGEST = 300  # characters of a line
_VERDICTS = {ExitCode.KEPT: "kept", ExitCode.BROKEN: "broken", ExitCode.NOT_JUDGED: "not_judged"}


@dataclass(frozen=True)
class Notice:
    """A notice.

    Attributes:
        title: the verdict, in a few words.
        body: all of it, as plain text.
        code: the verdict.
    """

    title: str
    body: str
    code: ExitCode


def notice_of(
    judgement: Judgement,
    news: Comparison | None,
    *,
    language: Code = "en",
    troubles: Sequence[str] = (),
    report_url: str | None = None,
    is_attached: bool = False,
) -> Notice:
    """Return the notice of a night.

    Args:
        judgement: what the night says of the platform.
        news: the run compared with the last one, None if there is no run.
        language: that of the notice.
        troubles: what else went wrong, such as a report that could not be made: a sentence each.
        report_url: where the report is.
        is_attached: whether the report goes with the notice.
    """
    say = _Words(language)
    parts = [
        [f"{say(_VERDICTS[judgement.code])}.", *_reason(judgement), *_counts(say, judgement.run)],
        [*_causes(say, judgement.run)],
        [*_news(say, judgement.run, news)],
        [*_known(say, judgement.run)],
        [*say.list("trouble", list(troubles), _MOST_NAMES)],
        [*_report(say, report_url, is_attached=is_attached), *_identity(say, judgement.run)],
    ]
    body = "\n\n".join("\n".join(_cut(line) for line in part) for part in parts if part)
    return Notice(_title(say, judgement), mask(body), judgement.code)


class _Words:
    """The words of one language."""

    def __init__(self, language: Code) -> None:
        self._language = language

    def __call__(self, key: str, **values: object) -> str:
        return words(self._language, key, **values)

    def list(self, key: str, lines: Sequence[str], most: int) -> Iterator[str]:
        """Yield a title and at most `most` lines below it, then how many more there are."""
        if lines:
            yield f"{self(key)}:"
            yield from (f"- {line}" for line in lines[:most])
        if len(lines) > most:
            yield f"- {self('more', n=len(lines) - most)}"


def _title(say: _Words, judgement: Judgement) -> str:
    run = judgement.run
    failed = len(run.broken()) if run else 0
    counts = f": {failed}/{len(run.scenarios)}" if run and failed and judgement.reason else ""
    where = f" ({run.run.stack})" if run and run.run.stack else ""
    return f"{say(_VERDICTS[judgement.code])}{counts}{where}"


def _reason(judgement: Judgement) -> Iterator[str]:
    """Yield why, without the lines of a log that may follow."""
    yield from judgement.reason.splitlines()[:_MOST_LINES]


def _counts(say: _Words, run: Run | None) -> Iterator[str]:
    if run and run.scenarios:
        passed = sum(each.status == "passed" for each in run.scenarios)
        yield say("passed", n=passed, of=len(run.scenarios))


def _causes(say: _Words, run: Run | None) -> Iterator[str]:
    causes = run.end.causes if run and run.end else ()
    if causes:
        yield f"{say('causes')}:"
    for cause in causes[:_MOST_CAUSES]:
        yield f"- {_cause(say, cause)}"
        if cause.advice:
            yield f"  {say('next', advice=cause.advice)}"
    if len(causes) > _MOST_CAUSES:
        yield f"- {say('more', n=len(causes) - _MOST_CAUSES)}"


def _cause(say: _Words, cause: Cause) -> str:
    findings = f", {say('findings', n=cause.findings)}" if cause.findings else ""
    return f"{say('cause', title=cause.title, n=len(cause.failures))}{findings}"


def _news(say: _Words, run: Run | None, news: Comparison | None) -> Iterator[str]:
    if run is None or not run.scenarios or news is None:
        return
    if news.last is None:
        yield say("first")
        return
    yield f"{say('since', began=_when(news.last.began))}:{'' if news.changed else ' ' + say('nothing_new')}"
    for kind, names in _names(say, news).items():
        if names:
            yield f"{say(kind)} ({len(names)}):"
            yield from (f"- {name}" for name in names[:_MOST_NAMES])
        if len(names) > _MOST_NAMES:
            yield f"- {say('more', n=len(names) - _MOST_NAMES)}"


def _names(say: _Words, news: Comparison) -> dict[str, list[str]]:
    """Return the names of scenarios and findings by what has become of them: key of the words -> names."""
    return {
        "broke": [each.scenario.name for each in news.newly_broken],
        "found": [each.title for each in news.findings.new],
        "mended": [each.scenario.name for each in news.mended],
        "gone": [each.title for each in news.findings.gone],
        "still": [_still(say, each) for each in news.still_broken],
        "added": [each.name for each in news.new],
        "removed": [each.name for each in news.removed],
        "renamed": [f"{each.former.name} → {each.scenario.name}" for each in news.renamed],
        "not_run": [each.scenario.name for each in news.not_run],
    }


def _still(say: _Words, broken: Broken) -> str:
    since = broken.since
    key = "at_least_since" if since.at_least else "since_when"
    return say(key, name=broken.scenario.name, since=_day(since.run.began), n=since.runs)


def _known(say: _Words, run: Run | None) -> Iterator[str]:
    known = run.end.known if run and run.end else ()
    yield from say.list("known", [_known_line(say, each) for each in known], _MOST_NAMES)


def _known_line(say: _Words, known: KnownFailure) -> str:
    state = say("passed_as_known" if known.state == "passed" else known.state.replace(" ", "_"))
    return say(
        "known_as", scenario=known.scenario, state=state, reason=known.reason, who=known.who, until=known.until
    )


def _report(say: _Words, url: str | None, *, is_attached: bool) -> Iterator[str]:
    if url:
        yield say("link", url=url)
    if is_attached:
        yield say("attached")


def _identity(say: _Words, run: Run | None) -> Iterator[str]:
    if run is None:
        return
    seconds = f"{run.end.ended - run.run.began:.0f}" if run.end else "?"
    yield say("ran", id=run.run.id, stack=run.run.stack or "?", began=_when(run.run.began), seconds=seconds)


def _when(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(moment))


def _cut(line: str) -> str:
    text = in_one_line(line)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
