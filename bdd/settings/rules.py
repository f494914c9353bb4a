"""Which settings go together. Each rule raises ValueError with a sentence that names both sides."""

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bdd.settings.settings import Settings

# The stack that a setting is for.
_ONLY_FOR = {
    **dict.fromkeys(
        (
            "api_url",
            "bootstrap_servers",
            "security_protocol",
            "sasl_mechanism",
            "sasl_username",
            "sasl_password",
            "ssl_ca",
            "ssl_certificate",
            "ssl_key",
            "ssl_key_password",
            "recorder_url",
            "recorder_token",
            "allow_host",
        ),
        "remote",
    ),
    "project": "attached",
    "network": "attached",
    "external_port": "compose",
    "keep": "compose",
}
_EXAMPLES = {"api_url": "http://host:8001", "bootstrap_servers": "host:9092"}
_NEEDED_FOR_SASL = ("sasl_mechanism", "sasl_username", "sasl_password")


def time_outs_nest(settings: "Settings") -> None:
    """A client whose time-outs do not nest closes connections that it still waits for."""
    limits = (settings.connections_max_idle_ms, settings.request_timeout_ms, settings.fetch_max_wait_ms)
    if not limits[0] > limits[1] > limits[2]:
        raise ValueError(
            "the client time-outs must nest, connections_max_idle_ms > request_timeout_ms > fetch_max_wait_ms; "
            f"they are {', '.join(map(str, limits))}"
        )


def stack_has_what_it_needs(settings: "Settings") -> None:
    """A setting that the stack would ignore is as wrong as one that is missing."""
    given = _given(settings)
    for name in sorted(given & _ONLY_FOR.keys()):
        if settings.stack != _ONLY_FOR[name]:
            raise ValueError(f"{name} belongs to -D stack={_ONLY_FOR[name]}; the stack is {settings.stack}")
    if settings.stack == "attached":
        _platform_is_named_once(given)
    if settings.stack != "remote":
        return
    # A recorder that already runs knows its brokers.
    needed = ["api_url"] if "recorder_url" in given else ["api_url", "bootstrap_servers"]
    if missing := [name for name in needed if name not in given]:
        example = " ".join(f"-D {name}={_EXAMPLES[name]}" for name in missing)
        raise ValueError(f"stack=remote needs {' and '.join(missing)} too: {example}")
    if len(both := given & {"recorder_url", "recorder_token"}) == 1:
        raise ValueError(
            f"recorder_url and recorder_token are given together or not at all; there is only {both.pop()}. "
            "A token is given as BDD_RECORDER_TOKEN or by -D recorder_token_file=…"
        )
    if "security_protocol" in given and "bootstrap_servers" not in given:
        raise ValueError("security_protocol says how to connect to bootstrap_servers, which are not given")


def _platform_is_named_once(given: set[str]) -> None:
    if {"project", "network"} <= given:
        raise ValueError("project and network both say where the platform is: give project or network, not both")
    if not {"project", "network"} & given:
        raise ValueError(
            "stack=attached needs the platform's project (-D project=…) or its network (-D network=…); "
            "docker compose ls shows the projects"
        )


def security_is_complete(settings: "Settings") -> None:
    """What a security protocol needs is there, and nothing that it would ignore."""
    protocol, given = settings.security_protocol, _given(settings)
    missing = [name for name in _NEEDED_FOR_SASL if name not in given]
    if protocol.startswith("SASL_") and missing:
        raise ValueError(f"security_protocol={protocol} needs {' and '.join(missing)} too{_how_to_give(missing)}")
    for kind, others in (("SASL", "SASL_PLAINTEXT or SASL_SSL"), ("SSL", "SSL or SASL_SSL")):
        unused = sorted(name for name in given if name.startswith(f"{kind.lower()}_"))
        if unused and kind not in _parts(protocol):
            verb = "is" if len(unused) == 1 else "are"
            raise ValueError(
                f"{' and '.join(unused)} {verb} not used with security_protocol={protocol}; "
                f"it would be {others}: -D security_protocol=…"
            )
    pair = [name for name in ("ssl_certificate", "ssl_key") if name in given]
    if len(pair) == 1:
        raise ValueError(f"ssl_certificate and ssl_key are given together or not at all; there is only {pair[0]}")
    if "ssl_key_password" in given and not pair:
        raise ValueError("ssl_key_password is the password of ssl_key, which is not given")
    _certificates_can_be_used(settings)


def _certificates_can_be_used(settings: "Settings") -> None:
    """Python's own TLS reads the files now, before anything has started."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if settings.ssl_ca:
        try:
            context.load_verify_locations(settings.ssl_ca)
        except ssl.SSLError as error:
            raise ValueError(f"ssl_ca={settings.ssl_ca} holds no certificate that can be read: {error}") from None
    if settings.ssl_certificate and settings.ssl_key:
        password = settings.ssl_key_password.get_secret_value() if settings.ssl_key_password else ""
        try:
            context.load_cert_chain(settings.ssl_certificate, settings.ssl_key, password)
        except ssl.SSLError as error:
            raise ValueError(_unusable(settings, error)) from None


def _unusable(settings: "Settings", error: ssl.SSLError) -> str:
    key = f"ssl_key={settings.ssl_key}"
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"{key} is not the key of ssl_certificate={settings.ssl_certificate}"
    if settings.ssl_key and b"ENCRYPTED" in settings.ssl_key.read_bytes():
        if settings.ssl_key_password is None:
            return f"{key} is encrypted and needs ssl_key_password too{_how_to_give(['ssl_key_password'])}"
        return f"ssl_key_password does not open {key}"
    return f"ssl_certificate={settings.ssl_certificate} and {key} cannot be read: {error}"


def _given(settings: "Settings") -> set[str]:
    """What was given; a secret from a file counts under the secret's own name."""
    names = (name for name in settings.model_fields_set if not name.endswith("_file"))
    return {name for name in names if getattr(settings, name) not in (None, ())}


def _parts(protocol: str) -> list[str]:
    """PLAINTEXT has neither SASL nor SSL in it, SASL_SSL both."""
    return protocol.split("_")


def _how_to_give(names: list[str]) -> str:
    secret = next((name for name in names if name.endswith("password")), None)
    if secret is None:
        return f": -D {names[0]}=…"
    return f"; a password is given as BDD_{secret.upper()} in the environment or by -D {secret}_file=…"
