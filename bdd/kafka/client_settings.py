"""The librdkafka settings with which this project connects to brokers."""

from bdd.settings.settings import Settings


def client_settings(bootstrap_servers: str, settings: Settings) -> dict[str, str]:
    """Return the settings of every client of a run; the time-outs nest, for `Settings` accepts no others.

    Secrets are among them: they are handed on by environment, never by a command line, and never logged.
    """
    return {
        "bootstrap.servers": bootstrap_servers,
        "client.id": "acceptance-suite",
        "connections.max.idle.ms": str(settings.connections_max_idle_ms),
        "socket.timeout.ms": str(settings.request_timeout_ms),
        "fetch.wait.max.ms": str(settings.fetch_max_wait_ms),
        "reconnect.backoff.ms": "20",
        "reconnect.backoff.max.ms": "500",
        **_security(settings),
    }


def _security(settings: Settings) -> dict[str, str]:
    """Nothing for PLAINTEXT; `Settings` makes sure that the rest is complete."""
    if settings.security_protocol == "PLAINTEXT":
        return {}
    password, key_password = settings.sasl_password, settings.ssl_key_password
    given = {
        "security.protocol": settings.security_protocol,
        "sasl.mechanism": settings.sasl_mechanism,
        "sasl.username": settings.sasl_username,
        "sasl.password": password and password.get_secret_value(),
        "ssl.ca.location": settings.ssl_ca,
        "ssl.certificate.location": settings.ssl_certificate,
        "ssl.key.location": settings.ssl_key,
        "ssl.key.password": key_password and key_password.get_secret_value(),
    }
    return {name: str(value) for name, value in given.items() if value is not None}
