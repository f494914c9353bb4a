"""The settings of the Kafka producer, with the reason for each."""

from collections.abc import Callable

from confluent_kafka import KafkaError, Producer


def new_producer(bootstrap_servers: str, client_id: str, on_error: Callable[[KafkaError], None]) -> Producer:
    """Return a producer that keeps the order and retries each event until it is delivered.

    Args:
        bootstrap_servers: where the broker is.
        client_id: what the broker's logs call the producer.
        on_error: receives the errors of the connection.
    """
    return Producer(producer_settings(bootstrap_servers, client_id) | {"error_cb": on_error})


def producer_settings(bootstrap_servers: str, client_id: str) -> dict[str, str | int | bool]:
    """Return librdkafka's settings; times are in milliseconds."""
    return {
        "bootstrap.servers": bootstrap_servers,
        "client.id": client_id,
        # No event twice and none out of order when librdkafka sends again; no gap before a refused one.
        "enable.idempotence": True,
        "enable.gapless.guarantee": True,
        "acks": "all",
        # At once, not in batches.
        "linger.ms": 0,
        "socket.nagle.disable": True,
        # Never given up while the service runs: an event that expires would be overtaken by its successors.
        "message.timeout.ms": 0,
        # The partition that clients in Java choose for the same key.
        "partitioner": "murmur2_random",
        # The client's time-outs nest.
        "connections.max.idle.ms": 540_000,
        "socket.timeout.ms": 10_000,
        "request.timeout.ms": 5_000,
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 500,
        # Errors come to error_cb; librdkafka's own log repeats them with every failed connection.
        "log_level": 0,
    }
