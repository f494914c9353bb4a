"""A third resource, rooms of a practice, added to the suite for a while as CONTRIBUTING.md says: by files."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bdd.domain import resources as package
from bdd.domain.resource import Resource
from bdd.domain.resources import resources
from bdd.system.paths import CONTRACTS

_MODULE = """
from pathlib import Path

from bdd.domain.resource import Resource, Service


class Rooms(Resource):
    @property
    def openapi(self) -> Path:
        return Path(__file__).with_name("rooms.openapi.yaml")


RESOURCE = Rooms("room", "/api/rooms", Service("room-service", 8003))
"""


@contextmanager
def rooms_known(folder: Path) -> Iterator[Resource]:
    """Let the suite know rooms, whose API is like that of the therapists, and yield their resource."""
    (folder / "rooms.py").write_text(_MODULE, encoding="utf-8")
    api = (CONTRACTS / "therapists.openapi.yaml").read_text(encoding="utf-8")
    for therapist, room in (("therapists", "rooms"), ("Therapists", "Rooms"), ("Therapist", "Room")):
        api = api.replace(therapist, room)
    (folder / "rooms.openapi.yaml").write_text(api, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(package, "__path__", [*package.__path__, str(folder)])
        resources.cache_clear()
        try:
            yield resources()["room"]
        finally:
            sys.modules.pop(f"{package.__name__}.rooms")
    resources.cache_clear()
