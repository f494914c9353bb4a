"""Collects the evidence of a failed scenario, without secrets. Never raises, never takes more than ten seconds."""

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from behave.model import Scenario, Step

from bdd.domain.world import World
from bdd.evidence.foreign import to_foreign_line
from bdd.evidence.sources import Source
from bdd.kafka.record import Outline, Record, to_line
from bdd.output.masking import mask_bytes
from bdd.results.own_part import OwnPart
from bdd.verdict.foreign_traffic import LARGEST_EXAMPLE, MOST_EXAMPLES

_SECONDS = 10.0
_LONGEST_NAME = 80


def collect(
    folder: Path,
    story: str,
    world: World,
    *,
    sources: Mapping[str, Source],
    since: Mapping[str, float],
) -> None:
    """Write the evidence of a failed scenario: its steps, HTTP exchanges and records, and what its sources logged.

    Args:
        folder: where the files are written.
        story: the scenario's steps, and why it failed.
        world: its world.
        sources: file name -> source.
        since: file name -> the source's mark when the scenario began.
    """
    parts: dict[str, Callable[[], str | bytes]] = {
        "story.txt": lambda: story,
        "http.txt": lambda: _exchanges(world),
        "events.jsonl": lambda: b"".join(_records(world)),
    }
    parts.update({name: partial(source.since, since.get(name, 0)) for name, source in sources.items()})
    _write_in_time(folder, parts)


def collect_sources(folder: Path, sources: Mapping[str, Source]) -> None:
    """Write the whole content of the sources (file name -> source) into the folder."""
    _write_in_time(folder, {name: partial(source.since, 0) for name, source in sources.items()})


def collect_foreign(file: Path, records: Sequence[Record]) -> None:
    """Write foreign records that violate the contract: the first hundred of at most 10 kB, without their values.

    Args:
        file: where; each record has a line.
        records: the records.
    """
    whole = (record for record in records if not isinstance(record, Outline))
    small = [record for record in whole if len(record.value or b"") <= LARGEST_EXAMPLE]
    lines = [to_foreign_line(record) for record in small[:MOST_EXAMPLES]]
    _write_in_time(file.parent, {file.name: lambda: b"".join(lines)})


def scenario_folder(folder: Path, scenario: Scenario) -> Path:
    """Return the folder of a scenario's evidence, below that of the run; no two scenarios have the same."""
    feature = Path(scenario.filename).with_suffix("")
    parts = [_name(part) for part in feature.parts]
    return folder.joinpath(*parts, f"{_name(scenario.name)}-{scenario.line}")


def _name(text: str) -> str:
    """Return a text as the name of a folder that is valid on every operating system."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.")[:_LONGEST_NAME] or "_"


def _write_in_time(folder: Path, parts: Mapping[str, Callable[[], str | bytes]]) -> None:
    worker = threading.Thread(target=_write_all, args=(folder, parts), name="evidence", daemon=True)
    worker.start()
    worker.join(_SECONDS)


def _write_all(folder: Path, parts: Mapping[str, Callable[[], str | bytes]]) -> None:
    """Write each part; the file of one that cannot be collected contains the reason."""
    for name, read in parts.items():
        try:
            content = read()
        except Exception as error:  # noqa: BLE001 - evidence never raises
            content = f"this could not be collected: {type(error).__name__}: {error}\n"
        try:
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            written = content if isinstance(content, bytes) else content.encode(errors="backslashreplace")
            file.write_bytes(mask_bytes(written))
        except OSError:
            return  # the console has named the folder, and the failure is reported anyway


def story_of(scenario: Scenario, failed: Step, message: str) -> str:
    """Return a failed scenario as text.

    Args:
        scenario: the scenario.
        failed: the step in which it failed.
        message: why it failed.
    """
    lines = [f"{scenario.keyword}: {scenario.name}", f"  {scenario.location}", ""]
    for step in scenario.all_steps:
        status = "FAILED" if step is failed else step.status.name
        lines.append(f"  {status:10} {step.keyword} {step.name}")
    return "\n".join([*lines, "", message, ""])


def _exchanges(world: World) -> str:
    ledger = world.observer.ledger
    own_part = OwnPart(ledger, ledger.scenario_logs, "run")
    return "\n".join(
        f"{exchange}\n  sent:     {exchange.sent}\n  received: {own_part.of(exchange.body)}"
        for exchange in world.exchanges
    )


def _records(world: World) -> Iterator[bytes]:
    """Yield a line for each record since the scenario began; of others there is nothing that they say."""
    ledger = world.observer.ledger
    for record in world.observer.recorder.records(world.began):
        yield to_foreign_line(record) if ledger.owner(record) is None else to_line(record)
