"""Nights on the compose stack: exit code, what is reported and kept, and that nothing is left in the engine."""

import io
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from docker.client import DockerClient

from bdd.containers.cleanup import find
from bdd.containers.images import image_names, prepare_images
from tests.support.nights import NightRun
from tests.support.receivers import webhook
from tests.support.running import LONG, QUICK

COMPOSE = ("-D", "stack=compose")
ANOTHER_PRODUCER = "RUN sed -i '/^PRODUCER = /s/patient/another/' reference/patient_service/events.py"


@contextmanager
def image(engine: DockerClient, *lines: str) -> Iterator[str]:
    """The name of an image with these lines as its Dockerfile; it is removed in the end."""
    dockerfile = io.BytesIO("\n".join(lines).encode())
    name = f"synthetic-{secrets.token_hex(4)}"
    engine.images.build(fileobj=dockerfile, tag=name, rm=True)
    try:
        yield name
    finally:
        engine.images.remove(name, force=True)


def left_in(engine: DockerClient, night: NightRun) -> list[str]:
    """What the run of a night has left in the engine."""
    pids = [child.pid for child in night.children]
    assert pids, "the run's processes are not known"
    return [made.owner for made in find(engine) if any(f"/{pid}@" in made.owner for pid in pids)]


def test_broken_promises_are_reported_and_a_dead_receiver_is_named(
    tmp_path: Path, engine: DockerClient, closed_port: int
) -> None:
    prepare_images(engine, ["patient-service"])
    sound = image_names()["patient-service"]
    broken = [f"FROM {sound}", "USER root", ANOTHER_PRODUCER, "USER 1000"]
    dead = f"json://127.0.0.1:{closed_port}/"
    with image(engine, *broken) as given, webhook() as hook:
        night = NightRun(tmp_path, 1, *COMPOSE, QUICK, to=[dead, hook.url], PATIENT_SERVICE_IMAGE=given)
        night.await_child("behave")
        assert night.end() == 1, night.output
    assert left_in(engine, night) == []
    (notice,) = hook.got
    assert (notice["title"], notice["type"]) == ("Promises were broken: 1/1 (compose)", "failure")
    for text in (notice["message"], night.page(), night.last_line()):
        assert "producer" in text
    assert "nightly: receiver 1 of notify_to (JSON) was not notified: " in night.errors
    end = night.newest().end
    assert end
    assert len(end.causes) == 1


def test_sigterm_ends_the_first_night_and_a_second_one_does_not_begin(tmp_path: Path, engine: DockerClient) -> None:
    with webhook() as hook:
        first = NightRun(tmp_path, 1, *COMPOSE, LONG, to=[hook.url])
        first.await_child("behave")
        first.under_way()
        second = NightRun(tmp_path, 2, *COMPOSE, QUICK)
        assert second.end() == 2, second.output
        first.process.send_signal(signal.SIGTERM)
        assert first.end() == 2, first.output
    assert left_in(engine, first) == []
    assert f"another night is running on this platform: process {first.process.pid} since " in second.last_line()
    for text in (hook.got[0]["message"], first.page(), first.last_line()):
        assert "the night was interrupted" in text


def test_a_stack_that_does_not_come_up_is_not_judged_also_on_a_full_disk(
    tmp_path: Path, engine: DockerClient, full_disk: Path
) -> None:
    with image(engine, "FROM python:3.11-slim-bookworm", 'CMD ["true"]') as given, webhook() as hook:
        there = ["-D", f"results_dir={full_disk / 'results'}", "--report", str(full_disk / "report")]
        night = NightRun(tmp_path, 1, *COMPOSE, QUICK, *there, to=[hook.url], PATIENT_SERVICE_IMAGE=given)
        night.await_child("behave")
        assert night.end() == 2, night.output
    assert left_in(engine, night) == []
    (notice,) = hook.got
    assert (notice["title"], notice["type"]) == ("The platform could not be judged (compose)", "warning")
    assert "the container of patient-service" in notice["message"]
    assert "ended with exit code 0" in notice["message"]
    for trouble in ("the history lacks this run: ", "there is no report: No space left on device: "):
        assert trouble in notice["message"]
        assert trouble in night.errors
