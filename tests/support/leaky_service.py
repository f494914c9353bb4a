"""A patient service that gives away secrets wherever it can: `python -m … SERVICE leaky FIRST_ID`.

Each secret is another one, in the form in which such secrets are written.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import patch

from proof import broken_service
from proof.broken_service import BrokenProducer
from proof.defect import Defect
from proof.outgoing import Outgoing
from proof.traffic import Response, responding

SECRETS = [f"hush-{number:02}-{'abcdefghijklmnopqrstuvwxyz'[number % 26] * 6}" for number in range(30)]
_LOGGED, _IN_RESPONSES, _IN_EVENTS, _IN_HEADERS = SECRETS[:9], SECRETS[9:14], SECRETS[14:20], SECRETS[20:26]
OF_RECEIVERS = SECRETS[26:]
"""Those of receivers of notices, which the service does not have."""


def _log() -> None:
    """Write what services write into their logs by mistake."""
    forms = (
        "Authorization: Bearer {}",
        "authorization: Basic {}",
        "connecting to postgresql://platform:{}@database:5432/patients",
        "password={}",
        'config {{"password": "{}"}}',
        'config "{{\\"secret\\": \\"{}\\"}}"',
        "api_key={}",
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
        "amqp://user:{}@broker?token=1",
    )
    for form, secret in zip(forms, _LOGGED, strict=True):
        print(form.format(secret), file=sys.stderr, flush=True)  # noqa: T201 - it is the log


def _answer(response: Response) -> Response:
    password, token, key, dsn, text = _IN_RESPONSES
    return response.with_body(
        {
            **response.json,
            "password": password,
            "access_token": token,
            "apiKey": key,
            "dsn": f"postgresql://platform:{dsn}@database/patients",
            "note": f"sent with Authorization: Bearer {text}",
        }
    )


def _publish(out: Outgoing) -> Iterator[Outgoing]:
    password, token, inner, dsn, bearer, key = _IN_EVENTS
    more = {
        "password": password,
        "token": token,
        "context": json.dumps({"secret": inner}),
        "source": f"kafka://service:{dsn}@kafka:9092",
        "headers": f"authorization: bearer {bearer}",
        "api_key": key,
    }
    yield replace(out.holding(out.event | more), key=None)


def _send(producer: BrokenProducer, out: Outgoing) -> None:
    names = ("authorization", "api-key", "x-token", "password", "proxy-authorization", "cookie")
    headers: list[tuple[str, str | bytes | None]] = [
        (name, f"{'Bearer ' if 'authorization' in name else ''}{secret}")
        for name, secret in zip(names, _IN_HEADERS, strict=True)
    ]
    producer._producer.produce(out.topic, key=out.key, value=out.value, headers=headers)
    _log()


LEAKY = Defect("", "leaky", "it gives away secrets", "", publish=_publish, serve=responding(_answer))


def main() -> int:
    """Run the service until it is stopped; return its exit code."""
    with patch.object(broken_service, "DEFECTS", (LEAKY,)), patch.object(BrokenProducer, "send", _send):
        return broken_service.main()


if __name__ == "__main__":
    sys.exit(main())
