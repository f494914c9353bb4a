"""Masking: what evidence, reports and logs pass through, so that no secret is left in them.

Masked are the secrets of the run's own settings, wherever they stand, and what looks like a secret by what stands
before it: `password=…`, `Authorization: Bearer …`, `postgresql://user:…@`, a private key. All else stays as it is,
and JSON stays JSON.
"""

import base64
import json
import re
from collections.abc import Iterable
from functools import cache
from urllib.parse import quote

MASK = "***"

# As a part of a longer word a shorter secret would take half of an ordinary text with it.
_LONG_ENOUGH = 6

_QUOTED = r"(?P<quote>[\"'])(?:\\.|(?!(?P=quote))[^\\])*(?P=quote)"
# The same within JSON that is within JSON.
_QUOTED_TWICE = r"(?P<quote>\\+[\"'])(?:(?!(?<!\\)(?P=quote)).)*(?P=quote)"
_PASSWORD = r"(?:password|passwd|passphrase|pwd)"  # noqa: S105 - a word to look for
_OTHER_SECRET = r"(?:secret|token|api[_-]?key|access[_-]?key)"  # noqa: S105 - words to look for
_NAME = rf"(?:{_PASSWORD}|{_OTHER_SECRET})"
_PATTERNS = (
    # A log that was cut off may begin or end in the middle of a key.
    (
        r"-----BEGIN (?P<kind>[A-Z ]*PRIVATE KEY)-----.*?(?:-----END (?P=kind)-----|\Z)",
        rf"-----BEGIN \g<kind>----- {MASK} -----END \g<kind>-----",
    ),
    (r"\A[A-Za-z0-9+/=\s]*?(?P<end>-----END [A-Z ]*PRIVATE KEY-----)", rf"{MASK} \g<end>"),
    (r"(?P<before>\bauthorization\W{1,6}(?:bearer|basic)\s+)[^\s\"'\\,]+", rf"\g<before>{MASK}"),
    (r"(?P<before>\b[a-z][a-z0-9+.-]*://[^\s/?#:@\"']*:)[^\s/?#@\"']+(?=@)", rf"\g<before>{MASK}"),
    # name="value" and "name": "value"
    (rf"(?P<before>{_NAME}(?:[\"'])?\s*[=:]\s*){_QUOTED}", rf"\g<before>\g<quote>{MASK}\g<quote>"),
    (rf"(?P<before>{_NAME}(?:\\+[\"'])?\s*[=:]\s*){_QUOTED_TWICE}", rf"\g<before>\g<quote>{MASK}\g<quote>"),
    # name=value; a colon is taken after passwords only, for “the token: …” is prose
    (
        rf"(?P<before>(?:{_PASSWORD}\s*[=:]|{_OTHER_SECRET}=)\s*)[^\s\"'\\,;&<>(){{}}\[\]]+",
        rf"\g<before>{MASK}",
    ),
)
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE | re.DOTALL), put) for pattern, put in _PATTERNS)

_known: set[str] = set()


def remember(secrets: Iterable[str]) -> None:
    """From now on mask these texts wherever they stand."""
    _known.update(secret for secret in secrets if secret)


def mask(text: str) -> str:
    """Return a text without its secrets."""
    for form in _known_forms(frozenset(_known)):
        text = form.sub(MASK, text)
    for pattern, put in _COMPILED:
        text = pattern.sub(put, text)
    return text


def mask_bytes(data: bytes) -> bytes:
    """Return bytes without the secrets in them; what is no UTF-8 stays as it is."""
    return mask(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


@cache
def _known_forms(secrets: frozenset[str]) -> list[re.Pattern[str]]:
    """Each known secret as it may be written, the longest first: one may be a part of another."""
    forms = {form for secret in secrets for form in _ways_to_write(secret)}
    return [_as_pattern(form) for form in sorted(forms, key=len, reverse=True)]


def _ways_to_write(secret: str) -> set[str]:
    plain = {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()}
    in_json = _escaped(plain)
    return plain | in_json | _escaped(in_json)


def _escaped(texts: Iterable[str]) -> set[str]:
    return {json.dumps(text, ensure_ascii=ascii_only)[1:-1] for text in texts for ascii_only in (True, False)}


def _as_pattern(form: str) -> re.Pattern[str]:
    text = re.escape(form)
    return re.compile(text if len(form) >= _LONG_ENOUGH else rf"(?<!\w){text}(?!\w)")
