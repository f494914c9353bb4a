"""Masking: no secret is left, and nothing else is touched."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from bdd.output import masking
from bdd.output.masking import mask, mask_bytes
from tests.support.certificates import Authority

SECRETS = [
    "correct-horse",
    "pässwörd-ß",
    'with "quotes" and \\',
    "a b c d e f",
    "p%40ss/w:rd?&=",
    "$(){}[]^.*+|",
    "s3",
]
WAYS: list[Callable[[str], str]] = [
    str,
    json.dumps,
    lambda secret: json.dumps(json.dumps({"note": secret})),
    lambda secret: json.dumps(secret, ensure_ascii=False),
    lambda secret: quote(secret, safe=""),
    lambda secret: base64.b64encode(secret.encode()).decode(),
    lambda secret: f"the broker refused {secret}, sorry",
    lambda secret: f"first\nnote: {secret}\nlast",
]


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The secrets of a test are no other's."""
    monkeypatch.setattr(masking, "_known", set())


@pytest.mark.parametrize("secret", SECRETS)
def test_a_known_secret_is_masked_however_it_is_written(secret: str) -> None:
    texts = [write(secret) for write in WAYS]
    assert [mask(text) for text in texts] == texts, "nothing gives it away before it is known"
    masking.remember([secret])
    for text in texts:
        masked = mask(text)
        assert "***" in masked
        assert secret not in masked
        assert mask_bytes(text.encode()) == masked.encode()
        assert mask(masked) == masked, "masking twice changes nothing"
    inner = json.dumps({"sasl.password": secret, "note": f"password={secret}", "key": "1"})
    still_json = json.loads(mask(json.dumps({"value": inner, "url": f"http://a:{quote(secret, safe='')}@b/"})))
    assert json.loads(still_json["value"])["key"] == "1"
    assert secret not in str(still_json)


@pytest.mark.parametrize(
    ("secrets", "text", "masked"),
    [
        (["horse-battery", "correct-horse-battery"], "correct-horse-battery and horse-battery", "*** and ***"),
        (["on", ""], "on the connection is on", "*** the connection is ***"),
        ([], "password=hunter2 next", "password=*** next"),
        ([], "PGPASSWORD=*hunter2*", "PGPASSWORD=***"),
        ([], "POSTGRES_PASSWORD: hunter2", "POSTGRES_PASSWORD: ***"),
        ([], "sasl.password=hunter2,client.id=suite", "sasl.password=***,client.id=suite"),
        ([], "ssl.key.password = hunter2", "ssl.key.password = ***"),
        ([], '{"password": "hunter2", "id": 1}', '{"password": "***", "id": 1}'),
        ([], r'"{\"sasl.password\": \"hun ter2\", \"id\": 1}"', r'"{\"sasl.password\": \"***\", \"id\": 1}"'),
        ([], "{'sasl.password': 'hunter2', 'id': 1}", "{'sasl.password': '***', 'id': 1}"),
        ([], 'required username="a" password="hunter 2";', 'required username="a" password="***";'),
        ([], "GET /?token=abc123&after=5", "GET /?token=***&after=5"),
        ([], '{"token": "abc123"}', '{"token": "***"}'),
        ([], r'{"password": "a\"b\\", "id": 1}', '{"password": "***", "id": 1}'),
        (
            [],
            json.dumps(json.dumps({"password": 'a"b', "id": 1})),
            json.dumps(json.dumps({"password": "***", "id": 1})),
        ),
        ([], "BDD_RECORDER_TOKEN=abc123", "BDD_RECORDER_TOKEN=***"),
        ([], "api_key=abc123", "api_key=***"),
        ([], "Authorization: Bearer abc.def-123", "Authorization: Bearer ***"),
        ([], "{'Authorization': 'Bearer abc123'}", "{'Authorization': 'Bearer ***'}"),
        ([], '"authorization": "Basic c3VpdGU6cHc="', '"authorization": "Basic ***"'),
        ([], "postgresql://user:pw@postgres/patients", "postgresql://user:***@postgres/patients"),
        ([], "at postgresql+psycopg://user:p:w@host:5432/x.", "at postgresql+psycopg://user:***@host:5432/x."),
        ([], "https://suite:pw@broker.test/a?b=c@d", "https://suite:***@broker.test/a?b=c@d"),
        ([], "redis://:pw@host", "redis://:***@host"),
    ],
)
def test_what_is_known_or_marked_as_a_secret_is_masked(secrets: list[str], text: str, masked: str) -> None:
    masking.remember(secrets)
    assert mask(text) == masked
    assert mask(masked) == masked


@pytest.mark.parametrize("password", [None, "correct-horse"])
def test_a_private_key_is_masked_and_a_certificate_is_not(
    tmp_path_factory: pytest.TempPathFactory, password: str | None
) -> None:
    issued = Authority(tmp_path_factory.mktemp("ca")).issue("client", password=password)
    key, certificate = issued.key.read_text(), issued.certificate.read_text()
    lines = key.splitlines()[1:-1]
    masked = mask(f"before\n{key}between\n{certificate}after")
    assert masked.startswith("before\n-----BEGIN ")
    assert masked.endswith(f"-----\nbetween\n{certificate}after")
    for part in (masked, mask(key[: len(key) // 2]), mask(key[len(key) // 2 :]), mask(json.dumps(key))):
        assert not [line for line in lines if line in part]
        assert "PRIVATE KEY-----" in part


PATIENT = {
    "vorname": "Jürgen",
    "nachname": "Größe-Özdemir abc123",
    "anrede": "Frau",
    "email": "juergen.groesse@example.org",
    "telefon": "+49 30 1234567",
    "status": "auf der Suche",
}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(PATIENT),
        json.dumps({"value": json.dumps({"payload": PATIENT}, ensure_ascii=False)}, ensure_ascii=False),
        'closest:  patient.created at patient-events/2@6929, key "patient-1", 22 ms after the request',
        "http://127.0.0.1:8001/api/patients?status=offen",
        "INTERNAL://kafka:9092,EXTERNAL://localhost:29092",
        "postgresql://postgres/patients and postgresql://user@postgres/patients",
        "the password is wrong; the token of this run is missing or wrong",
        "correct sasl_username, and BDD_SASL_PASSWORD or the file that sasl_password_file names",
        "sasl_password_file=/run/secrets/password",
        "security_protocol=SASL_SSL sasl_mechanism=SCRAM-SHA-512 sasl_username=suite",
        "Authorization is not needed: Bearer tokens come later",
        "2026-11-23T12:15:05.737386 INFO tokens: 5, secrets: none, passwords: 3",
        "",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    masking.remember(["correct-horse", "s3"])
    assert mask(text) == text
    assert mask_bytes(text.encode()) == text.encode()


def test_bytes_that_are_not_text_stay_as_they_are() -> None:
    masking.remember(["correct-horse"])
    every_byte = bytes(range(256))
    assert mask_bytes(every_byte + b"\xff correct-horse \xfe") == every_byte + b"\xff *** \xfe"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('["api-key","hush"]', '["api-key","***"]'),
        ('[ "X-Session-Token", "hush" ]', '[ "X-Session-Token", "***" ]'),
        (r'"[[\"cookie\", \"hush\"]]"', r'"[[\"cookie\", \"***\"]]"'),
        ('["Authorization", "Basic hush"]', '["Authorization", "***"]'),
        ('token is extra: "hush"', 'token is extra: "***"'),
        ('password is "hush", expected nothing', 'password is "***", expected nothing'),
        (r'["token", "a\\"], ["x", "y"]', '["token", "***"], ["x", "y"]'),
        (r'["cookie", "a\"hush\"b"]', '["cookie", "***"]'),
        ("[('api-key', b'hush'), ('x', b'y')]", "[('api-key', b'***'), ('x', b'y')]"),
        ("Authorization: hush", "Authorization: ***"),
        ("Authorization: Token hush", "Authorization: Token ***"),
        ("it sent Bearer abcdefgh12345678, twice", "it sent Bearer ***, twice"),
        ("for eyJhbGciOiJI.eyJzdWIi.c2ln, once", "for ***, once"),
        ("Set-Cookie: sid=hush; Path=/\nnext", "Set-Cookie: ***\nnext"),
        ('{"cookie": "sid=hush", "id": 1}', '{"cookie": "***", "id": 1}'),
        ("X-Api-Key: hush", "X-Api-Key: ***"),
        ("X-Auth-Token: hush", "X-Auth-Token: ***"),
        ("access_token: hush", "access_token: ***"),
        ('{"password": 4711, "id": 1}', '{"password": "***", "id": 1}'),
        (json.dumps('{"password": 4711}'), json.dumps('{"password": "***"}')),
        ('{"passwort": "hush"}', '{"passwort": "***"}'),
        ("next=x%26password%3Dhush", "next=x%26password%3D***"),
        ("kinit --password hush", "kinit --password ***"),
        ("postgresql://user:p@hush@host/x", "postgresql://user:***@host/x"),
        ("https://hooks.slack.com/services/T0/B0/hush", "https://hooks.slack.com/services/***"),
        ("https://ghp_0123456789abcdef@host/x", "https://***@host/x"),
        ("https://host/x?a=1&X-Amz-Signature=0123456789&b=2", "https://host/x?a=1&X-Amz-Signature=***&b=2"),
        ("/report?sig=hush%2Fhush&se=2026", "/report?sig=***&se=2026"),
        ('["vorname", "Erika"]', '["vorname", "Erika"]'),
        ("Bearer tokens come later; a cookie: none", "Bearer tokens come later; a cookie: none"),
        ("the token is valid", "the token is valid"),
    ],
)
def test_headers_and_differences_are_masked_by_their_names(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert mask(masked) == masked
