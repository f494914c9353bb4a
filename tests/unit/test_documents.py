"""What the documents say of the code."""

import re
from pathlib import Path

import pytest

from bdd.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(ROOT / "docs").glob("*.md"),
    ROOT / "reference/README.md",
]


def test_every_setting_is_explained_and_nothing_else_is() -> None:
    table = [line for line in (ROOT / "docs/settings.md").read_text(encoding="utf-8").splitlines() if "|" in line]
    named = {name for line in table[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert named == {name for name in Settings.model_fields if not name.endswith("_file")}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)", document.read_text(encoding="utf-8"))
    missing = [target for target in targets if "://" not in target and not (document.parent / target).exists()]
    assert missing == []
