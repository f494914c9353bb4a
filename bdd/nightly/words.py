"""The words of a notice, in each language."""

from typing import Literal

Language = Literal["en", "de"]

_EN = {
    "kept": "All promises were kept",
    "broken": "Promises were broken",
    "not judged": "The platform could not be judged",
    "passed": "{n} of {of} scenarios passed.",
    "ran": "Run {id} on {stack}, {began}, {seconds} s",
    "shard": "shard {shard}",
    "causes": "Causes",
    "cause": "{title}: {n} scenarios",
    "cause_1": "{title}: 1 scenario",
    "findings": "{n} findings of the audit",
    "findings_1": "1 finding of the audit",
    "next": "next: {advice}",
    "since": "Since the last run of {began}",
    "first": "There is no earlier run of these scenarios on this stack to compare with.",
    "nothing new": "nothing has changed",
    "broke": "newly broken",
    "mended": "mended",
    "still": "still broken",
    "added": "new",
    "removed": "removed",
    "renamed": "renamed",
    "not run": "not run",
    "since when": "{name} (since {since}, {n} runs)",
    "known": "Known failures",
    "known as": "{scenario}: {state}. {reason} ({who}, until {until})",
    "failed as known": "failed as known",
    "expired": "failed, and its date has passed",
    "passed as known": "passed, so that it can be removed from the list",
    "not executed": "was not executed",
    "no such scenario": "there is no such scenario",
    "trouble": "What else went wrong",
    "more": "{n} more",
    "link": "Report: {url}",
    "attached": "The report is attached, where this receiver takes files.",
}
_DE = {
    "kept": "Alle Zusagen wurden eingehalten",
    "broken": "Zusagen wurden gebrochen",
    "not judged": "Über die Plattform ist kein Urteil möglich",
    "passed": "{n} von {of} Szenarien sind bestanden.",
    "ran": "Lauf {id} auf {stack}, {began}, {seconds} s",
    "shard": "Teil {shard}",
    "causes": "Ursachen",
    "cause": "{title}: {n} Szenarien",
    "cause_1": "{title}: 1 Szenario",
    "findings": "{n} Befunde der Prüfung am Ende",
    "findings_1": "1 Befund der Prüfung am Ende",
    "next": "als Nächstes: {advice}",
    "since": "Seit dem letzten Lauf vom {began}",
    "first": "Es gibt keinen früheren Lauf dieser Szenarien auf diesem Stack, mit dem zu vergleichen wäre.",
    "nothing new": "nichts hat sich geändert",
    "broke": "neu gebrochen",
    "mended": "wieder in Ordnung",
    "still": "noch gebrochen",
    "added": "neu",
    "removed": "entfernt",
    "renamed": "umbenannt",
    "not run": "nicht ausgeführt",
    "since when": "{name} (seit {since}, {n} Läufe)",
    "known": "Bekannte Fehler",
    "known as": "{scenario}: {state}. {reason} ({who}, bis {until})",
    "failed as known": "wie bekannt fehlgeschlagen",
    "expired": "fehlgeschlagen, und die Frist ist abgelaufen",
    "passed as known": "bestanden, kann also von der Liste",
    "not executed": "nicht ausgeführt",
    "no such scenario": "dieses Szenario gibt es nicht",
    "trouble": "Was sonst misslang",
    "more": "{n} weitere",
    "link": "Bericht: {url}",
    "attached": "Der Bericht ist angehängt, wo dieser Empfänger Dateien annimmt.",
}
_WORDS = {"en": _EN, "de": _DE}


def words(language: Language, key: str, **values: object) -> str:
    """Return the words of a key in a language; `n` chooses the form for one thing where there is one.

    Args:
        language: the language.
        key: the key.
        values: what is put into the words.
    """
    of_language = _WORDS[language]
    one = f"{key}_1"
    return of_language[one if values.get("n") == 1 and one in of_language else key].format_map(values)
