"""Which settings go together. A rule takes plain values; the sentence of its ValueError names both sides.

`given` holds the names of the settings that were given; a secret from a file is there under the secret's own name.
"""

import ssl
from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path

_EXAMPLES = {"api_url": "http://host:8001", "bootstrap_servers": "host:9092"}
_PROTOCOLS = {"SASL": "SASL_PLAINTEXT or SASL_SSL", "SSL": "SSL or SASL_SSL"}


def check_stack(stack: str, given: Set[str], only_for: Mapping[str, str]) -> None:
    """Refuse a setting that the stack would ignore, and a stack without a setting that it needs.

    Args:
        stack: the stack of the run.
        given: the settings that were given.
        only_for: the only stack that a setting is for, by the setting's name.
    """
    for name in sorted(given & only_for.keys()):
        if stack != only_for[name]:
            raise ValueError(f"{name} belongs to -D stack={only_for[name]}; the stack is {stack}")
    if stack == "attached" and {"project", "network"} <= given:
        raise ValueError("project and network both say where the platform is: give project or network, not both")
    if stack == "attached" and not {"project", "network"} & given:
        raise ValueError(
            "stack=attached needs the platform's project (-D project=…) or its network (-D network=…); "
            "docker compose ls shows the projects"
        )
    # A recorder that already runs knows its brokers.
    needed = ("api_url",) if "recorder_url" in given else ("api_url", "bootstrap_servers")
    if stack == "remote" and (missing := [name for name in needed if name not in given]):
        example = " ".join(f"-D {name}={_EXAMPLES[name]}" for name in missing)
        raise ValueError(f"stack=remote needs {' and '.join(missing)} too: {example}")
    how = ". A token is given as BDD_RECORDER_TOKEN or by -D recorder_token_file=…"
    check_pair(given, "recorder_url", "recorder_token", how)


def check_security(protocol: str, given: Set[str]) -> None:
    """Refuse a security protocol without a setting that it needs, and a setting that it would ignore."""
    if "security_protocol" in given and "bootstrap_servers" not in given:
        raise ValueError("security_protocol says how to connect to bootstrap_servers, which are not given")
    missing = [name for name in ("sasl_mechanism", "sasl_username", "sasl_password") if name not in given]
    if protocol.startswith("SASL_") and missing:
        raise ValueError(f"security_protocol={protocol} needs {' and '.join(missing)} too{_how_to_give(missing)}")
    for kind, others in _PROTOCOLS.items():
        unused = sorted(name for name in given if name.startswith(f"{kind.lower()}_"))
        if unused and kind not in protocol.split("_"):
            verb = "is" if len(unused) == 1 else "are"
            raise ValueError(
                f"{' and '.join(unused)} {verb} not used with security_protocol={protocol}; "
                f"it would be {others}: -D security_protocol=…"
            )
    check_pair(given, "ssl_certificate", "ssl_key")
    if "ssl_key_password" in given and "ssl_key" not in given:
        raise ValueError("ssl_key_password is the password of ssl_key, which is not given")


def check_api_ca(given: Set[str], addresses: Iterable[str]) -> None:
    """Refuse authorities for https where no address would use them."""
    if "api_ca" in given and not any(str(each).startswith("https:") for each in addresses):
        raise ValueError("api_ca says whom to trust at https addresses, and no address begins with https://")


def check_key(certificate: Path | None, key: Path | None, password: str | None) -> None:
    """Refuse a key that cannot be used, before anything starts: Python's own TLS reads the files.

    Args:
        certificate: the file of the client's certificate, if any.
        key: the file of the certificate's key.
        password: what decrypts the key, if any.
    """
    if not certificate or not key:
        return
    try:
        # Without a password OpenSSL prompts for one.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, password or "")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            why = f"ssl_key={key} is not the key of ssl_certificate={certificate}"
        elif b"ENCRYPTED" not in key.read_bytes():
            why = f"ssl_key={key} is not a PEM file with a private key that can be read: {error}"
        elif password is None:
            why = f"ssl_key={key} is encrypted and needs ssl_key_password too{_how_to_give(['ssl_key_password'])}"
        else:
            why = f"ssl_key_password does not open ssl_key={key}"
        raise ValueError(why) from None


def check_pair(given: Set[str], one: str, other: str, how: str = "") -> None:
    """Refuse one of two settings without the other.

    Args:
        given: the settings that were given.
        one: the name of a setting.
        other: the name of the other.
        how: what to add to the sentence.
    """
    if len(there := given & {one, other}) == 1:
        raise ValueError(f"{one} and {other} are given together or not at all; there is only {min(there)}{how}")


def _how_to_give(names: Sequence[str]) -> str:
    secret = next((name for name in names if name.endswith("password")), None)
    if secret is None:
        return f": -D {names[0]}=…"
    return f"; a password is given as BDD_{secret.upper()} in the environment or by -D {secret}_file=…"
