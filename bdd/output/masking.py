"""Masks the secrets in evidence, reports and logs.

These are the secrets of the run's own settings, and what a text marks as a secret: `password=…`,
`Authorization: Bearer …`, `postgresql://user:…@`, a private key. All else stays as it is, and JSON stays JSON.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from urllib.parse import quote

MASK = "***"

# A shorter secret is masked only as a word of its own, because it may be a part of many words.
_LONG_ENOUGH = 6

_QUOTED = r"(?P<quote>[\"'])(?:\\.|(?!(?P=quote))[^\\])*(?P=quote)"
# The same within JSON that is within JSON.
_QUOTED_TWICE = r"(?P<quote>\\+[\"'])(?:(?!(?<!\\)(?P=quote)).)*(?P=quote)"
_PASSWORD = r"(?:password|passwd|passwort|kennwort|passphrase|pwd)"  # noqa: S105 - a word to look for
_OTHER_SECRET = r"(?:secret|token|api[_-]?key|access[_-]?key)"  # noqa: S105 - words to look for
_BEFORE = rf"(?P<before>(?:{_PASSWORD}|{_OTHER_SECRET})(?:\\*[\"'])?(?:\s*[=:]\s*|\s+is\s+(?:extra:\s+)?))"
_KEYS = [f"{kind}{between}key" for kind in ("api", "access") for between in ("", "_", "-")]
_WORDS = ("passw", "kennwort", "passphrase", "pwd", "secret", "token", *_KEYS)
# ["name", "value"] and ('name', b'value'), as headers are written.
_HEADER = (
    rf"(?P<before>[\[(]\s*\\*[\"'][\w-]*(?:{_PASSWORD}|{_OTHER_SECRET}|cookie|authorization)[\w-]*"
    r"\\*[\"']\s*,\s*b?)"
)
_SCHEME = r"(?:bearer|basic|token|negotiate)"
# Names of headers and fields that no prose has before a colon.
_COMPOUND = r"(?:api[_-]?key|access[_-]key|x-[\w-]*(?:token|secret)|(?:access|refresh|session|auth|id)[_-]token)"
# A text without any of the words, in lower case, need not be searched for the patterns: most have none.
_PATTERNS = {
    # A log that was cut off may begin or end in the middle of a key.
    ("private key",): (
        (
            r"-----BEGIN (?P<kind>[A-Z ]*PRIVATE KEY)-----.*?(?:-----END (?P=kind)-----|\Z)",
            rf"-----BEGIN \g<kind>----- {MASK} -----END \g<kind>-----",
        ),
        (r"\A[A-Za-z0-9+/=\s]*?(?P<end>-----END [A-Z ]*PRIVATE KEY-----)", rf"{MASK} \g<end>"),
    ),
    ("authorization",): (
        (rf"(?P<before>\bauthorization\W{{1,6}}{_SCHEME}\s+)[^\s\"'\\,]+", rf"\g<before>{MASK}"),
        # without a scheme
        (
            rf"(?P<before>\bauthorization(?:\\*[\"'])?:\s*(?:\\*[\"'])?(?!{_SCHEME}\b))[^\s\"'\\,]+",
            rf"\g<before>{MASK}",
        ),
    ),
    # A token alone, and one that says what it is: a word such as “tokens” has no digit.
    ("bearer",): ((r"(?P<before>\bbearer\s+)(?=[^\s\"'\\]*\d)[\w.~+/=-]{16,}", rf"\g<before>{MASK}"),),
    ("eyj",): ((r"\beyJ[\w-]+\.[\w-]+\.[\w-]*", MASK),),
    ("cookie",): (
        # Cookie: a=1; b=2 and "cookie": "a=1"
        (
            r"(?P<before>\bcookie(?:\\*[\"'])?:\s*(?:\\*[\"'])?)(?=[\w.-]+=)[^\r\n\"'\\]+",
            rf"\g<before>{MASK}",
        ),
    ),
    ("hooks.slack.com",): ((r"(?P<before>hooks\.slack\.com/\w+/)[\w/-]+", rf"\g<before>{MASK}"),),
    # A password may hold an @.
    ("://",): (
        (r"(?P<before>\b[a-z][a-z0-9+.-]*://[^\s/?#:@\"']*:)[^\s/?#\"']+(?=@)", rf"\g<before>{MASK}"),
        # A name that is a token: a person's is shorter, or has no digit.
        (r"(?P<before>://)(?=[^\s/@]*\d)[\w.~%+-]{16,}(?=@)", rf"\g<before>{MASK}"),
    ),
    # Addresses that are signed: whoever has one may read what is there.
    ("sig",): ((r"(?P<before>[?&](?:sig|[\w-]*signature)=)[^\s\"'\\&<>#]{8,}", rf"\g<before>{MASK}"),),
    (*_WORDS, "cookie", "authorization"): (
        (_HEADER + _QUOTED, rf"\g<before>\g<quote>{MASK}\g<quote>"),
        (_HEADER + _QUOTED_TWICE, rf"\g<before>\g<quote>{MASK}\g<quote>"),
    ),
    _WORDS: (
        # name="value" and "name": "value"
        (_BEFORE + _QUOTED, rf"\g<before>\g<quote>{MASK}\g<quote>"),
        (_BEFORE + _QUOTED_TWICE, rf"\g<before>\g<quote>{MASK}\g<quote>"),
        # "name": 123
        (
            rf"(?P<before>(?:{_PASSWORD}|{_OTHER_SECRET})(?P<quote>\\*[\"'])\s*:\s*)\d[\w.+-]*",
            rf"\g<before>\g<quote>{MASK}\g<quote>",
        ),
        # name=value; a colon only after passwords, because “the token: …” is prose
        (
            rf"(?P<before>(?:(?:{_PASSWORD}|{_COMPOUND})\s*[=:]|(?:{_PASSWORD}|{_OTHER_SECRET})(?:=|%3D)"
            rf"|--[\w-]*{_PASSWORD}\s)\s*)[^\s\"'\\,;&<>(){{}}\[\]]+",
            rf"\g<before>{MASK}",
        ),
    ),
}
_COMPILED = tuple(
    (words, [(re.compile(pattern, re.IGNORECASE | re.DOTALL), put) for pattern, put in patterns])
    for words, patterns in _PATTERNS.items()
)

_known: set[str] = set()


def remember(secrets: Iterable[str]) -> None:
    """Mask these texts from now on, wherever they stand."""
    _known.update(secret for secret in secrets if secret)


def mask(text: str) -> str:
    """Return a text without its secrets."""
    for form in _known_forms(frozenset(_known)):
        text = form.sub(MASK, text)
    in_lower_case = text.casefold()
    for words, patterns in _COMPILED:
        if any(word in in_lower_case for word in words):
            for pattern, put in patterns:
                text = pattern.sub(put, text)
    return text


def mask_bytes(data: bytes) -> bytes:
    """Return bytes without the secrets in them; what is not UTF-8 stays as it is."""
    return mask(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


@cache
def _known_forms(secrets: frozenset[str]) -> list[re.Pattern[str]]:
    """Return patterns of all forms of the known secrets, the longest first: one may be a part of another."""
    forms = {form for each in secrets for form in (each, quote(each, safe=""), b64encode(each.encode()).decode())}
    for _ in ("JSON", "JSON within JSON"):
        forms |= {json.dumps(form, ensure_ascii=only_ascii)[1:-1] for form in forms for only_ascii in (True, False)}
    patterns = {form: re.escape(form) for form in sorted(forms, key=len, reverse=True)}
    return [
        re.compile(pattern if len(form) >= _LONG_ENOUGH else rf"(?<!\w){pattern}(?!\w)")
        for form, pattern in patterns.items()
    ]
