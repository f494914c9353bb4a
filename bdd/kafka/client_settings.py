"""The librdkafka settings with which this project connects to brokers."""

from bdd.settings import Settings


def client_settings(bootstrap_servers: str, settings: Settings) -> dict[str, str]:
    """Return the settings of every client of a run; the time-outs nest, for `Settings` accepts no others."""
    return {
        "bootstrap.servers": bootstrap_servers,
        "client.id": "acceptance-suite",
        "connections.max.idle.ms": str(settings.connections_max_idle_ms),
        "socket.timeout.ms": str(settings.request_timeout_ms),
        "fetch.wait.max.ms": str(settings.fetch_max_wait_ms),
        "reconnect.backoff.ms": "20",
        "reconnect.backoff.max.ms": "500",
    }
