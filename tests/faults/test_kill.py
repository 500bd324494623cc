"""Acknowledged means durable: kill -9 of any process loses no acknowledged batch and doubles none."""

import json
import random
import sys
import threading
import time
import urllib.error

import pytest

from tests.faults.conftest import RunningCity

ROWS = 20


def body(number: int) -> bytes:
    lines = (
        json.dumps({
            "slot_start": f"2026-11-20T{number % 24:02d}:15:00+08:00", "station": f"S{row}",
            "entries": number % 1000, "exits": row,
        })
        for row in range(ROWS)
    )  # fmt: skip
    return "\n".join(lines).encode()


class Sender(threading.Thread):
    """Delivers batches one after the other, each until it is acknowledged."""

    def __init__(self, city: RunningCity, secret: str, name: str) -> None:
        super().__init__(daemon=True)
        self.city, self.secret, self.prefix = city, secret, name
        self.acknowledged: dict[str, str] = {}
        self.tries = 0
        self.stopping = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.stopping.is_set():
            number += 1
            key = f"{self.prefix}-{number}"
            while True:
                self.tries += 1
                try:
                    status, receipt = self.city.post(body(number), key, self.secret)
                except (urllib.error.URLError, OSError, TimeoutError):
                    status, receipt = 0, {}
                if status in {200, 201}:
                    self.acknowledged[key] = receipt["batch"]
                    break
                assert status in {0, 503}, (status, receipt)
                time.sleep(0.05)


@pytest.mark.fault
@pytest.mark.parametrize(
    ("kills", "seed"),
    [
        pytest.param(5, 20261120, marks=pytest.mark.timeout(300), id="five"),
        pytest.param(50, 7, marks=[pytest.mark.slow, pytest.mark.timeout(3600)], id="fifty"),
    ],
)
def test_kills_lose_nothing_acknowledged_and_double_nothing(running_city: RunningCity, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    secret = running_city.run("key", "issue", "system:metro/afc", "--json")["secret"]
    senders = [Sender(running_city, secret, f"sender{n}") for n in range(3)]
    for sender in senders:
        sender.start()
    killed = []
    for _ in range(kills):
        time.sleep(chance.uniform(0.2, 1.5))
        killed.append(running_city.kill_one(chance))
        time.sleep(0.5)  # a process that dies with its parent may answer once more
        running_city.await_ready(90)
    for sender in senders:
        sender.stopping.set()
    running_city.await_ready(90)
    for sender in senders:
        sender.join(60)
        assert not sender.is_alive()
    acknowledged = {key: batch for sender in senders for key, batch in sender.acknowledged.items()}
    report = running_city.run("verify", "--json")
    assert report["faults"] == []
    found = running_city.run("indicator", "metro.entries", "--grain", "day", "--split", "", "--json")
    tries = sum(sender.tries for sender in senders)
    sys.stdout.write(f"\nkilled {killed}; {len(acknowledged)} acknowledged, {tries} tries\n")
    assert len(acknowledged) > kills
    assert len(set(acknowledged.values())) == len(acknowledged)
    expected = sum((int(key.split("-")[1]) % 1000) * ROWS for key in acknowledged)
    assert sum(value["value"] for value in found["values"]) == expected
    assert found["accepted"] == found["received"] == len(acknowledged) * ROWS
    assert found["batches"] == len(acknowledged)
