"""Who a client is to the brokers, and what it may not do, in words."""

from collections.abc import Mapping


def user_of(client: Mapping[str, str]) -> str:
    """Return the user that these librdkafka settings log in."""
    if name := client.get("sasl.username"):
        return f"the user “{name}”"
    if certificate := client.get("ssl.certificate.location"):
        return f"the user of the certificate {certificate}"
    return "a client without a login"


def may_not_read(topic: str, user: str) -> tuple[str, str]:
    """Return a sentence about a topic that a user sees and may not read, and the command that allows it."""
    command = "kafka-acls.sh --bootstrap-server … --add --allow-principal User:… --operation Read --topic"
    return f"{user} may not read the topic {topic}", f"{command} {topic}"
