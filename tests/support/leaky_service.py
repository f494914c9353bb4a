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

_HOW_MANY = {
    "log": 9,
    "response": 5,
    "location": 2,
    "event": 6,
    "header": 6,
    "receiver": 4,
    "known": 2,
    "command": 2,
    "address": 2,
    "sasl": 1,
}
PLANTED = {
    where: [f"hush-{where}-{number}-{chr(ord('a') + number) * 6}" for number in range(count)]
    for where, count in _HOW_MANY.items()
}
"""Where secrets come from -> these; the first five are the service's."""
SECRETS = [each for secrets in PLANTED.values() for each in secrets]


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
    for form, secret in zip(forms, PLANTED["log"], strict=True):
        print(form.format(secret), file=sys.stderr, flush=True)  # noqa: T201 - it is the log


def _answer(response: Response) -> Response:
    password, token, key, dsn, text = PLANTED["response"]
    of_user, in_query = PLANTED["location"]
    location = f"https://user:{of_user}@host.example/api/patients/1?access_token={in_query}"
    return replace(response, headers=(("Location", location),)).with_body(
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
    password, token, inner, dsn, bearer, key = PLANTED["event"]
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
        for name, secret in zip(names, PLANTED["header"], strict=True)
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
