"""What a user's rights at the broker do to a run: a topic that it may not see, and one that it may not read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AclOperation

from bdd.contracts import asyncapi as contract
from bdd.run.broker import having_topics
from bdd.run.process import remote
from bdd.stacks.embedded.broker import Distribution
from tests.support.running import QUICK, doctor, patient_service, run_behave
from tests.support.special_broker import PASSWORD, USER, Listener, SpecialBroker

NEEDED = "patient-events"


@pytest.fixture
def restricted(distribution: Distribution, tmp_path: Path) -> Iterator[SpecialBroker]:
    """A broker whose user may do nothing yet."""
    listeners = {"LOGIN": Listener("SASL_PLAINTEXT", scram=False)}
    with having_topics(SpecialBroker(distribution, tmp_path / "kafka", listeners, with_acls=True)) as started:
        yield started


def test_a_user_needs_the_right_to_read_what_scenarios_need_and_no_other(
    restricted: SpecialBroker, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text(PASSWORD)
    with patient_service(tmp_path, restricted.bootstrap_servers) as api_url:
        given = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN", "sasl_username": USER}
        given["sasl_password_file"] = str(tmp_path / "password")
        arguments = remote(api_url, restricted.address("LOGIN"), **given)

        def run(number: int, exit_code: int) -> str:
            folder = tmp_path / str(number)
            folder.mkdir()
            return run_behave(folder, QUICK, *arguments, exit_code=exit_code).output

        unseen = f"The topic {NEEDED} does not exist, or the user “{USER}” may not see it. The broker shows: none"
        assert unseen in run(1, 1)
        restricted.allow(AclOperation.DESCRIBE, *contract.current().partitions)
        unread = f"the user “{USER}” may not read the topic {NEEDED}"
        output = run(2, 1)
        assert f"RED: nothing was executed: {unread}" in output
        assert "next: kafka-acls.sh" in output
        _, checks = doctor(tmp_path, *arguments)
        assert checks["topics"]["sentence"] == unread
        restricted.allow(AclOperation.READ, NEEDED)
        assert "GREEN" in run(3, 0), "it may see the other topics and not read them"
