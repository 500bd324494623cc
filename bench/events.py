"""Synthetic city events for measuring: twelve columns, twelve rules, about two rows in a hundred broken, seeded."""

import random
from datetime import UTC, datetime, timedelta

import polars as pl

CATEGORIES = ("noise", "water", "road", "light", "waste", "other")
CHANNELS = ("phone", "app", "sensor", "counter")
START = datetime(2026, 11, 20, tzinfo=UTC)


def events(rows: int, seed: int = 1, first: int = 0) -> pl.DataFrame:
    """Make events as text, the way NDJSON brings them; times in ISO 8601 with offset."""
    chance = random.Random(seed)
    made = []
    for number in range(first, first + rows):
        start = START + timedelta(seconds=number % 80_000)
        bad = chance.random()
        made.append({
            "id": f"E{number:09d}" if bad > 0.002 else f"X{number}",
            "district": f"3301{chance.randint(2, 27):02d}",
            "category": chance.choice(CATEGORIES) if not 0.002 < bad < 0.004 else "unknown",
            "channel": chance.choice(CHANNELS),
            "title": "路灯不亮，请尽快处理" if not 0.004 < bad < 0.006 else "x",
            "severity": chance.randint(1, 5) if not 0.006 < bad < 0.01 else 9,
            "lon": round(chance.uniform(118.4, 120.7), 6),
            "lat": round(chance.uniform(29.2, 30.6), 6) if not 0.01 < bad < 0.014 else 0.0,
            "started_at": start.isoformat(),
            "ended_at": (start + timedelta(minutes=30 if not 0.014 < bad < 0.017 else -30)).isoformat(),
            "received_at": (start + timedelta(minutes=5 if not 0.017 < bad < 0.02 else 5000)).isoformat(),
            "persons": chance.randint(0, 9),
        })  # fmt: skip
    return pl.DataFrame(made)
