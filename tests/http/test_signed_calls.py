"""Signed calls (RFC 9421): a forged, altered, old or repeated signature is refused and recorded; the hub signs too."""

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from litestar.testing import TestClient

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.hub.calls import signing
from citybrain.hub.calls.signatures import COVERED, Message, digest_header, sign
from citybrain.kernel.errors import CityBrainError
from citybrain.kernel.ids import new_id
from tests.http.permits import SERVICE, write_city
from tests.http.provider import Provider, providing
from tests.http.test_calls import BASE, acts, key

URL = f"http://testserver.local{BASE}/permits/P1"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as made:
        yield made


@pytest.fixture
def offered(instance: Instance, tmp_path: Path, provider: Provider) -> Instance:
    service = SERVICE.replace("status: running", "status: running\nsigned: required")
    loaded = load(write_city(tmp_path / "city", provider.url, service=service))
    assert not loaded.errors, loaded.errors
    with instance.database.transaction() as connection:
        apply(connection, loaded, "test", instance.clock, new_id)
    instance.city.look()
    return instance


@pytest.fixture
def desk(offered: Instance) -> dict[str, str]:
    return key(offered, "system:clinic/desk")


@pytest.fixture
def pair(offered: Instance) -> tuple[Ed25519PrivateKey, str]:
    private = Ed25519PrivateKey.generate()
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with offered.database.transaction() as connection:
        city = offered.city_now()
        keyid = signing.register(connection, city, "system:clinic/desk", pem, "t", offered.clock, new_id)
    return private, keyid


def signed(
    desk: dict[str, str], pair: tuple[Ed25519PrivateKey, str], method: str = "GET", url: str = URL, body: bytes = b"",
    created: int | None = None, names: tuple[str, ...] = COVERED,
) -> dict[str, str]:  # fmt: skip
    headers = desk | {"content-digest": digest_header(hashlib.sha256(body).digest())}
    private, keyid = pair
    return headers | sign(Message(method, url, headers), names, private, keyid, created or int(time.time()))


def test_a_good_signature_passes_and_is_named_in_evidence(
    offered: Instance, client: TestClient, desk: dict[str, str], pair: tuple[Ed25519PrivateKey, str]
) -> None:
    answer = client.get(URL, headers=signed(desk, pair))
    assert answer.status_code == 200, answer.text
    assert acts(offered)[-1][1]["signed_with"] == pair[1]


def test_what_is_unsigned_forged_altered_old_or_repeated_is_refused_and_recorded(
    offered: Instance, client: TestClient, desk: dict[str, str], pair: tuple[Ed25519PrivateKey, str],
    provider: Provider,
) -> None:  # fmt: skip
    forger = Ed25519PrivateKey.generate(), pair[1]
    good = signed(desk, pair)
    assert client.get(URL, headers=good).status_code == 200
    tried = {
        "missing": desk,
        "wrong": signed(desk, forger),
        "wrong ": good | {"x-citybrain-purpose": "emergency"},
        "wrong  ": signed(desk, pair, url=URL + "?more=1"),
        "wrong   ": signed(desk, pair, method="POST"),
        "wrong    ": signed(desk, pair, body=b"other"),
        "wrong     ": signed(desk, pair, names=("@method", "@target-uri", "content-digest")),
        "wrong      ": good | {"signature": "sig1=:AAAA:"},
        "wrong       ": good | {"signature-input": "sig1=nonsense"},
        "expired": signed(desk, pair, created=int(time.time()) - 3600),
        "expired ": signed(desk, pair, created=int(time.time()) + 3600),
        "replayed": good,
    }  # fmt: skip
    for reason, headers in tried.items():
        answer = client.get(URL, headers=headers)
        assert answer.status_code == 401, (reason, answer.text)
        assert answer.json()["code"] == f"calls.signature_{reason.strip()}", reason
    assert len(provider.asked) == 1
    refused = [facts["reason"] for act, facts in acts(offered) if act == "hub:call:signature_refused"]
    assert refused == [reason.strip() for reason in tried]


def test_a_key_signs_for_its_own_system_alone_and_no_longer_once_withdrawn(
    offered: Instance, client: TestClient, desk: dict[str, str], pair: tuple[Ed25519PrivateKey, str]
) -> None:
    stranger = key(offered, "system:metro/afc")
    assert client.get(URL, headers=signed(stranger, pair)).json()["code"] == "calls.signature_wrong"
    with offered.database.transaction() as connection:
        signing.withdraw(connection, pair[1], "t", offered.clock, new_id)
    assert client.get(URL, headers=signed(desk, pair)).json()["code"] == "calls.signature_wrong"
    pem = pair[0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for wrong, code in ((pem, "calls.key_known"), (b"no key", "calls.key_unreadable")):
        with pytest.raises(CityBrainError) as caught, offered.database.transaction() as connection:
            city = offered.city_now()
            signing.register(connection, city, "system:clinic/desk", wrong, "t", offered.clock, new_id)
        assert caught.value.code == code


def test_the_provider_can_check_that_the_hub_asked(
    client: TestClient, desk: dict[str, str], pair: tuple[Ed25519PrivateKey, str], provider: Provider
) -> None:
    provider.failing = 1
    assert client.get(URL, headers=signed(desk, pair)).status_code == 200
    (jwk,) = client.get("/r1/keys").json()["keys"]
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(jwk["x"] + "="))
    nonces = set()
    for method, path, headers, body in provider.asked:
        said = headers["signature-input"].removeprefix("sig1=")
        names = said[said.index("(") + 1 : said.index(")")].replace('"', "").split()
        parts = {"@method": method, "@target-uri": provider.url + path} | headers
        text = "".join(f'"{name}": {parts[name]}\n' for name in names) + f'"@signature-params": {said}'
        public.verify(base64.b64decode(headers["signature"].removeprefix("sig1=:").removesuffix(":")), text.encode())
        assert headers["content-digest"] == digest_header(hashlib.sha256(body).digest())
        assert jwk["kid"] in said
        nonces.add(said)
    assert len(nonces) == len(provider.asked) == 2  # a repeated request is signed anew
    assert json.dumps(jwk).find('"d"') < 0  # nothing private is shown


def test_a_signature_of_the_standard_s_own_form_is_read() -> None:
    """The shape of RFC 9421, B.2.6: Ed25519 over a given base text, made with its test key."""
    seed = base64.urlsafe_b64decode("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU=")
    private = Ed25519PrivateKey.from_private_bytes(seed)
    text = (
        '"date": Tue, 20 Apr 2021 02:07:55 GMT\n"@method": POST\n"@path": /foo\n"@authority": example.com\n'
        '"content-type": application/json\n"content-length": 18\n'
        '"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="test-key-ed25519"'
    )
    told = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    assert base64.b64encode(private.sign(text.encode())).decode() == told
