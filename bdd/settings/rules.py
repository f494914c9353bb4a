"""Which settings go together. A rule takes plain values; the sentence of its ValueError names both sides.

`given` holds the settings that were given, by name; a secret from a file is there under the secret's own name.
"""

import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Given = Mapping[str, Any]

_EXAMPLES = {"api_url": "http://host:8001", "bootstrap_servers": "host:9092"}


def check_timeouts(idle: int, request: int, fetch: int) -> None:
    """A client whose time-outs do not nest closes connections on which it still waits."""
    if not idle > request > fetch:
        raise ValueError(
            "the client time-outs must nest, connections_max_idle_ms > request_timeout_ms > fetch_max_wait_ms; "
            f"they are {idle}, {request}, {fetch}"
        )


def check_stack(stack: str, given: Given, only_for: Mapping[str, str]) -> None:
    """Refuse a setting that the stack would ignore, and a stack without a setting that it needs.

    Args:
        stack: the stack of the run.
        given: the settings that were given.
        only_for: the only stack that a setting is for, by the setting's name.
    """
    for name in sorted(given.keys() & only_for.keys()):
        if stack != only_for[name]:
            raise ValueError(f"{name} belongs to -D stack={only_for[name]}; the stack is {stack}")
    if stack == "attached":
        _check_attached(given)
    if stack == "remote":
        _check_remote(given)


def _check_attached(given: Given) -> None:
    if {"project", "network"} <= given.keys():
        raise ValueError("project and network both say where the platform is: give project or network, not both")
    if not {"project", "network"} & given.keys():
        raise ValueError(
            "stack=attached needs the platform's project (-D project=…) or its network (-D network=…); "
            "docker compose ls shows the projects"
        )


def _check_remote(given: Given) -> None:
    # A recorder that already runs knows its brokers.
    needed = ["api_url"] if "recorder_url" in given else ["api_url", "bootstrap_servers"]
    if missing := [name for name in needed if name not in given]:
        example = " ".join(f"-D {name}={_EXAMPLES[name]}" for name in missing)
        raise ValueError(f"stack=remote needs {' and '.join(missing)} too: {example}")
    how = ". A token is given as BDD_RECORDER_TOKEN or by -D recorder_token_file=…"
    _check_pair(given, "recorder_url", "recorder_token", how)
    if "security_protocol" in given and "bootstrap_servers" not in given:
        raise ValueError("security_protocol says how to connect to bootstrap_servers, which are not given")


def check_security(protocol: str, given: Given) -> None:
    """Refuse a security protocol without a setting that it needs, and a setting that it would ignore."""
    missing = [name for name in ("sasl_mechanism", "sasl_username", "sasl_password") if name not in given]
    if protocol.startswith("SASL_") and missing:
        raise ValueError(f"security_protocol={protocol} needs {' and '.join(missing)} too{_how_to_give(missing)}")
    for kind, others in (("SASL", "SASL_PLAINTEXT or SASL_SSL"), ("SSL", "SSL or SASL_SSL")):
        unused = sorted(name for name in given if name.startswith(f"{kind.lower()}_"))
        if unused and kind not in protocol.split("_"):
            verb = "is" if len(unused) == 1 else "are"
            raise ValueError(
                f"{' and '.join(unused)} {verb} not used with security_protocol={protocol}; "
                f"it would be {others}: -D security_protocol=…"
            )
    _check_pair(given, "ssl_certificate", "ssl_key")
    if "ssl_key_password" in given and "ssl_key" not in given:
        raise ValueError("ssl_key_password is the password of ssl_key, which is not given")


def check_certificates(ca: Path | None, certificate: Path | None, key: Path | None, password: str | None) -> None:
    """Refuse certificates that cannot be used, before anything starts: Python's own TLS reads the files.

    Args:
        ca: the file of the authorities, if any.
        certificate: the file of the client's certificate, if any.
        key: the file of the certificate's key.
        password: what decrypts the key, if any.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if ca:
            context.load_verify_locations(ca)
    except ssl.SSLError as error:
        raise ValueError(f"ssl_ca={ca} holds no certificate that can be read: {error}") from None
    if not certificate or not key:
        return
    try:
        context.load_cert_chain(certificate, key, password or "")  # an empty one, or OpenSSL asks on the terminal
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            why = f"ssl_key={key} is not the key of ssl_certificate={certificate}"
        elif b"ENCRYPTED" not in key.read_bytes():
            why = f"ssl_certificate={certificate} and ssl_key={key} cannot be read: {error}"
        elif password is None:
            how = _how_to_give(["ssl_key_password"])
            why = f"ssl_key={key} is encrypted and needs ssl_key_password too{how}"
        else:
            why = f"ssl_key_password does not open ssl_key={key}"
        raise ValueError(why) from None


def _check_pair(given: Given, one: str, other: str, how: str = "") -> None:
    if len(there := given.keys() & {one, other}) == 1:
        raise ValueError(f"{one} and {other} are given together or not at all; there is only {there.pop()}{how}")


def _how_to_give(names: Sequence[str]) -> str:
    secret = next((name for name in names if name.endswith("password")), None)
    if secret is None:
        return f": -D {names[0]}=…"
    return f"; a password is given as BDD_{secret.upper()} in the environment or by -D {secret}_file=…"
