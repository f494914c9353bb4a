"""Keeps test data out of production: a public host is refused unless it is allowed by name."""

from collections.abc import Collection, Iterable, Mapping

from bdd.stacks.base import CannotStart
from bdd.system.network import Unresolved, is_local, is_private, resolve

_RESOLVE_SECONDS = 3.0


def refuse_public_hosts(hosts: Mapping[str, Iterable[str]], allowed: Collection[str]) -> None:
    """Accept only hosts that are this machine, in a private network, or allowed by name.

    All addresses of a name count. A name that does not resolve is accepted, because nothing can be written there.

    Args:
        hosts: where they were found ("api_url") -> the hosts.
        allowed: names and addresses that the setting `allow_host` lists.

    Raises:
        CannotStart: at least one is refused; the message has the setting that would allow it.
    """
    refused: dict[str, str] = {}
    for where, names in hosts.items():
        for name in names:
            host = name.rstrip(".").lower()
            if host not in allowed and (public := _public_addresses(host)):
                addresses = ", ".join(address for address in public if address != host)
                refused[host] = f"{where} leads to {host}" + (f" ({addresses})" if addresses else "")
    if refused:
        setting = ",".join([*allowed, *refused])
        raise CannotStart(
            f"Refused: {' and '.join(refused.values())}, which is neither this machine nor in a private network. "
            "A run writes test data, so it must not meet a platform that people use. If this one is made for "
            f"tests, allow it by name: -D allow_host={setting}"
        )


def refuse_unknown_host(setting: str, host: str, allowed: Collection[str]) -> None:
    """Refuse the host of a service that does not resolve now: it might resolve to any address later.

    Args:
        setting: where it was found: `api_url`.
        host: the host.
        allowed: names and addresses that the setting `allow_host` lists.

    Raises:
        CannotStart: it does not resolve.
    """
    if host in allowed:
        return
    try:
        resolve(host, _RESOLVE_SECONDS)
    except Unresolved as error:
        raise CannotStart(
            f"{setting} leads to {host}, and that name does not resolve on this machine: {error}. "
            f"Is {setting} right?"
        ) from error


def _public_addresses(host: str) -> list[str]:
    """Return those addresses of a host that are neither this machine's nor of a private network."""
    try:
        addresses = resolve(host, _RESOLVE_SECONDS)
    except Unresolved:
        return []
    return [address for address in addresses if not (is_local(address) or is_private(address))]
