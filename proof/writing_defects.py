"""Defects of how an event is written: letters, encodings, and what is not JSON."""

import unicodedata
from functools import partial

from proof.defect import created, deleted, in_envelope
from proof.outgoing import DELETED, edit_texts, encode, only

_names = partial(created, scenario="Names arrive")
"""Returns a defect that shows in names with letters beyond ASCII."""

WRITING_DEFECTS = [
    _names(
        "umlauts-as-question-marks",
        "letters beyond ASCII become question marks",
        r"vorname is \"J\?rgen\", expected \"Jürgen\"",
        edit_texts(lambda text: text.encode("ascii", "replace").decode()),
    ),
    _names(
        "umlauts-twice-encoded",
        "UTF-8 is taken for Latin-1 and encoded again",
        r"vorname is \"JÃ¼rgen\", expected \"Jürgen\"",
        edit_texts(lambda text: text.encode().decode("latin-1")),
    ),
    _names(
        "umlauts-decomposed",
        "umlauts are decomposed into a letter and two dots",
        "the same letters, in other code points",
        edit_texts(lambda text: unicodedata.normalize("NFD", text)),
    ),
    _names(
        "names-as-html",
        "names are escaped for HTML",
        r"nachname is \"O&#39;Testington\", expected",
        edit_texts(lambda text: text.replace("'", "&#39;")),
    ),
    _names(
        "latin-1",
        "the value is written in Latin-1",
        "its value is not UTF-8",
        encode(lambda out: (out.value or b"").decode().encode("latin-1", "replace")),
    ),
    in_envelope(
        "utf-16",
        "the value is written in UTF-16",
        "its value is not UTF-8",
        encode(lambda out: (out.value or b"").decode().encode("utf-16")),
    ),
    in_envelope(
        "byte-order-mark",
        "the value begins with a byte order mark",
        "its value is not JSON: .*BOM",
        encode(lambda out: b"\xef\xbb\xbf" + (out.value or b"")),
    ),
    in_envelope(
        "schema-registry",
        "the value begins with a schema registry's prefix",
        r"its value is not JSON: it begins with the prefix of a schema registry \(a zero byte, and 7 as",
        encode(lambda out: b"\0\0\0\0\7" + (out.value or b"")),
    ),
    in_envelope(
        "not-json",
        "the value is a dictionary in Python's notation",
        "its value is not JSON",
        encode(lambda out: str(out.event).encode()),
    ),
    in_envelope(
        "field-twice",
        "the envelope has two versions",
        'its value is not JSON: "version" appears twice in one object',
        encode(lambda out: (out.value or b"").replace(b'"version"', b'"version": "0.9", "version"')),
    ),
    in_envelope(
        "names-end-in-no-character",
        "texts end with a code that stands for no character, and that XML cannot hold",
        r'vorname is "Erika\\uffff", expected "Erika"',
        edit_texts(lambda text: f"{text}\uffff"),
    ),
    in_envelope(
        "json-in-json",
        "the value is JSON inside a JSON text",
        "its value is JSON, but not an object",
        lambda out: [out.holding((out.value or b"").decode())],
    ),
    in_envelope(
        "list-of-events",
        "the value is a list with the event",
        "its value is JSON, but not an object",
        lambda out: [out.holding([out.event])],
    ),
    in_envelope("value-empty", "the value has no bytes", "its value is not JSON", encode(lambda _out: b"")),
    deleted(
        "deleted-as-tombstone",
        "a deletion is published as a record without a value",
        r"it has no value \(a tombstone\)",
        only([DELETED], encode(lambda _out: None)),
    ),
]
