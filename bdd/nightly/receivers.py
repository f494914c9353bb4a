"""Sends a notice to the receivers of the setting `notify_to`. One that fails does not affect the others."""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote, urlsplit

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType
from apprise.apprise import any_abandoned_calls_still_running
from apprise.plugins import NotifyBase
from apprise.result import AppriseResultStatus, NotifyResult

from bdd.nightly.judgement import ExitCode
from bdd.nightly.notice import Notice
from bdd.output import masking

_SECONDS = 30.0
"""How long one receiver may take; all are notified at the same time."""
_TYPES = {
    ExitCode.KEPT: NotifyType.SUCCESS,
    ExitCode.BROKEN: NotifyType.FAILURE,
    ExitCode.NOT_JUDGED: NotifyType.WARNING,
}
_SECRET_FROM = 12  # characters of a part of a path or a query; a shorter one may be any word


class Receivers:
    """The receivers of the notices of a night.

        receivers = Receivers("mailto://… slack://…".split())
        for trouble in receivers.send(notice, Path("report.html")):
            ...

    Args:
        urls: their addresses, as apprise reads them. Each is a secret, and masked from now on wherever it stands.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        asset = AppriseAsset(
            app_id="Acceptance suite",
            app_desc="Acceptance suite",
            app_url="",
            image_url_mask="",
            image_url_logo="",
            service_timeout=_SECONDS,
            pgp_autogen=False,
            pem_autogen=False,
        )
        masking.remember(part for url in urls for part in _secrets_of(url))
        found = [Apprise.instantiate(url, asset=asset) for url in urls]
        self._apprise = Apprise(asset=asset)
        self._names: dict[str, str] = {}
        self.troubles = list(self._added(found))

    def __len__(self) -> int:
        return len(self._apprise)

    def send(self, notice: Notice, report: Path | None = None) -> list[str]:
        """Send a notice to all receivers, and return a sentence for each that could not be notified.

        Args:
            notice: the notice.
            report: a file to attach, for receivers that take files.
        """
        result = self._apprise.notify(
            body=notice.body,
            title=notice.title,
            notify_type=_TYPES[notice.code],
            body_format=NotifyFormat.TEXT,
            attach=str(report) if report else None,
            timeout=2 * _SECONDS,
        )
        unsent = [f"the notice reached nobody: {each.message}" for each in result.call_logs()] if not result else []
        return [masking.mask(each) for each in [*(self._failure(one) for one in result if not one), *unsent]]

    def _added(self, found: Sequence[NotifyBase | None]) -> Iterator[str]:
        for number, receiver in enumerate(found, start=1):
            if receiver is None:
                yield (
                    f"receiver {number} of notify_to was not notified: apprise does not understand its address; "
                    "see https://github.com/caronc/apprise/wiki for how it is written"
                )
            else:
                self._apprise.add(receiver)
                self._names[receiver.url(privacy=True)] = (
                    f"receiver {number} of notify_to ({receiver.service_name})"
                )

    def _failure(self, result: NotifyResult) -> str:
        name = self._names.get(result.url, result.name)
        if result.status is AppriseResultStatus.TIMEOUT:
            return f"{name} was not notified: it took longer than {_SECONDS:g} s"
        said = dict.fromkeys(entry.message.strip().rstrip(".") for entry in result.logs())
        return f"{name} was not notified: {'; '.join(said) or 'it refused the notice'}"


def leave(code: int) -> NoReturn:
    """End this process, even if a call to a receiver still hangs."""
    if any_abandoned_calls_still_running():
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


def _secrets_of(url: str) -> Iterator[str]:
    """Yield an address, and what in it is secret: a password, or a token wherever it stands."""
    yield url
    with suppress(ValueError):
        parts = urlsplit(url)
        if parts.password:
            yield from {parts.password, unquote(parts.password)}
        host = parts.hostname or ""
        pieces = [parts.username or "", "" if "." in host else parts.netloc, *re.split("[/&=]", parts.path)]
        for piece in [*pieces, *re.split("[&=]", parts.query)]:
            if len(piece) >= _SECRET_FROM:
                yield from {piece, unquote(piece)}
