"""A city with one much updated resource, a body that may use it, and subscribers that answer as they are told."""

import base64
import hashlib
import hmac
import json
import threading
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.hub import credentials
from citybrain.hub.formats import Layout
from citybrain.hub.gate import Parcel, digest
from citybrain.hub.subscriptions import line
from citybrain.kernel.ids import new_id
from tests.http.conftest import TINY

LEVELS = "contract:metro/levels"
USER = "system:government/desk"
STRANGER = "system:stranger/desk"
GIVER = "system:metro/gauges"
GRANT = "government-uses-levels"

_CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: contract:metro/levels
version: 1.0.0
status: active
description: {purpose: levels of gauges}
schema:
  - name: levels
    logicalType: object
    properties:
      - {name: gauge, logicalType: string, primaryKey: true}
      - {name: update, logicalType: integer, primaryKey: true}
      - {name: at, logicalType: timestamp, required: true}
      - {name: inner, logicalType: string}
customProperties:
  - {property: name, value: {zh: 水位, en: levels}}
  - {property: provider, value: dept:metro}
  - {property: person, value: zhou}
  - {property: basis, value: [{law: hangzhou-2021/13, text: {zh: 依法采集, en: by law}}]}
  - {property: purposes, value: [operation]}
  - {property: event_time, value: at}
"""
_FILES = {
    "contracts/metro/levels.odcs.yaml": _CONTRACT,
    "systems/metro/gauges.yaml": "system: metro/gauges\nname: {zh: 水位计, en: gauges}\nowner: dept:metro\n"
    "provides: [contract:metro/levels]\n",
    "systems/government/desk.yaml": "system: government/desk\nname: {zh: 值班台, en: desk}\nowner: dept:government\n",
    "systems/stranger/desk.yaml": "system: stranger/desk\nname: {zh: 别家, en: others}\nowner: dept:data-bureau\n",
    "grants/levels.yaml": f"grant: {GRANT}\nfrom: contract:metro/levels\nto: dept:government\npurpose: operation\n"
    "basis: {law: hangzhou-2021/13, text: {zh: 必要, en: necessary}}\nfields: [gauge, update, at]\nuntil: 2099-12-31\n",
}


def subscribing_city(instance: Instance, folder: Path) -> Instance:
    """Apply a city in which the government may use the levels of the metro's gauges."""
    for file in TINY.rglob("*"):
        if file.is_file():
            copy = folder / file.relative_to(TINY)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    for name, text in _FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    loaded = load(folder)
    assert not loaded.errors, loaded.errors
    with instance.database.transaction() as connection:
        apply(connection, loaded, "test", instance.clock, new_id)
    instance.city.look()
    return instance


def key_of(instance: Instance, system: str) -> dict[str, str]:
    with instance.database.transaction() as connection:
        secret = credentials.issue(connection, instance.city_now(), system, "t", "t", instance.clock, new_id)[1]
    return {"authorization": f"Bearer {secret}"}


def give(instance: Instance, rows: list[tuple[str, int]]) -> None:
    """Deliver one batch of updates."""
    at = instance.clock.now().replace(microsecond=0).isoformat()
    lines = [json.dumps({"gauge": gauge, "update": update, "at": at, "inner": "x"}) for gauge, update in rows]
    body = "\n".join(lines).encode()
    layout = Layout("ndjson", ("gauge", "update", "at", "inner"))
    receipt = instance.gate.admit(Parcel(LEVELS, GIVER, (body, layout), digest(body), str(new_id())))
    assert receipt.accepted == len(rows), receipt


class Subscriber:
    """Takes what is pushed; ``answer`` says with which status, and may wait."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.seen: list[tuple[dict[str, str], bytes]] = []
        self.arrived: list[float] = []
        self.answer: Callable[[], int] = lambda: 204
        self.url = ""
        self.brief: array[int] | None = None  # for very many rows: their updates alone, eight bytes each

    def take(self, headers: dict[str, str], body: bytes) -> int:
        status = self.answer()
        if 200 <= status < 300:
            found = json.loads(body)
            taken = found if isinstance(found, list) else [found]
            if self.brief is not None:
                self.brief.extend(event["data"]["update"] for event in taken)
                return status
            self.seen.append((headers, body))
            self.events += taken
            self.arrived += [time.time()] * len(taken)
        return status

    def rows(self) -> list[tuple[str, int]]:
        return [(event["data"]["gauge"], event["data"]["update"]) for event in self.events]

    def wait_for(self, count: int, seconds: float = 30) -> None:
        ends = time.monotonic() + seconds
        while len(self.events if self.brief is None else self.brief) < count and time.monotonic() < ends:
            time.sleep(0.02)


@contextmanager
def subscriber() -> Iterator[Subscriber]:
    """Open a subscriber on loopback."""
    held = Subscriber()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = held.take({name.lower(): value for name, value in self.headers.items()}, body)
            try:
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()
            except OSError:
                self.close_connection = True  # who asked has given up

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    held.url = f"http://127.0.0.1:{server.server_address[1]}/rows"
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def pushing(instance: Instance) -> Iterator[None]:
    """Run the line of pushes, as a worker does."""
    stop = threading.Event()
    with ExitStack() as life:
        threads = [
            threading.Thread(target=run, args=(stop,), daemon=True)
            for run in line.serving(instance.database, instance.clock, instance.pusher)
        ]
        for thread in threads:
            thread.start()
        life.callback(lambda: [thread.join(15) for thread in threads])
        life.callback(stop.set)
        yield


def signature_holds(secret: str, url: str, headers: dict[str, str], body: bytes) -> bool:
    """Check a message as a subscriber would: by RFC 9421 and RFC 9530, from the headers alone."""
    if headers["content-digest"] != f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:":
        return False
    label, _, params = headers["signature-input"].partition("=")
    covered = params[1 : params.index(")")].replace('"', "").split()
    values = {"@method": "POST", "@target-uri": url}
    lines = [f'"{name}": {values.get(name) or headers[name]}' for name in covered]
    base = "\n".join([*lines, f'"@signature-params": {params}']).encode()
    made = base64.b64encode(hmac.digest(secret.encode(), base, "sha256")).decode()
    return headers["signature"] == f"{label}=:{made}:"
