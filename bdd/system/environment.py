"""Environments for what a run starts: made for it, never inherited.

What happens to be in the environment is read by many programs: PYTHONSAFEPATH by Python, JAVA_TOOL_OPTIONS by Java,
LOG_LEVEL by a service. One such variable, and a platform does not start, or not as the run needs it.
"""

import os
from collections.abc import Iterable

# What the operating system, its dynamic loader and its C library need, and where a user's files are.
_SYSTEM = (
    "PATH HOME USER LOGNAME SHELL TMPDIR TZ LANG LANGUAGE LC_* LD_LIBRARY_PATH DYLD_* NIX_LD* XDG_* "
    # Windows
    "SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT TEMP TMP USERNAME USERPROFILE APPDATA LOCALAPPDATA PROGRAMDATA "
    "PROGRAMFILES* COMMONPROGRAMFILES* NUMBER_OF_PROCESSORS PROCESSOR_ARCHITECTURE"
)
NETWORK = "HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE"
"""The proxy, and the authorities that this machine trusts."""

KERBEROS = "KRB5_CONFIG KRB5CCNAME KRB5_KTNAME KRB5_CLIENT_KTNAME"

ENGINE = f"{NETWORK} DOCKER_* BUILDX_* BUILDKIT_* SSH_AUTH_SOCK"
"""What leads the program `docker` to its engine, its plugins and its registries."""


def inherited(names: str = "") -> dict[str, str]:
    """Return the variables of this process that the operating system needs, and those of the given names.

    Args:
        names: names with spaces between them, in capitals; `XDG_*` is each that begins so.
    """
    patterns = f"{_SYSTEM} {names}".split()
    return {name: value for name, value in os.environ.items() if _is_among(name.upper(), patterns)}


def for_python(names: str = "") -> dict[str, str]:
    """Return `inherited(names)` for a Python program: it finds what this one finds, and writes UTF-8 at once."""
    return {**inherited(f"PYTHONPATH {names}"), "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


def _is_among(name: str, patterns: Iterable[str]) -> bool:
    return any(name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern for pattern in patterns)
