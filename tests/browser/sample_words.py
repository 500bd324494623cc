"""What all samples share: the moment, the language, a generated day."""

import math
from datetime import datetime, timedelta, timezone

from citybrain.kernel.messages import Language

NOW = datetime(2026, 11, 20, 18, 34, tzinfo=timezone(timedelta(hours=8)))


def both(language: Language, zh: str, en: str) -> str:
    """Choose a text by language."""
    return zh if language == "zh" else en


def flow(minute: int) -> float:
    """Generate a two-peak day of entries."""
    hour = minute / 60
    morning = 36_000 * math.exp(-(((hour - 8.3) / 0.75) ** 2))
    evening = 24_000 * math.exp(-(((hour - 18.1) / 1.1) ** 2))
    base = 14_000 * max(0.0, math.sin((hour - 5.4) / 18.3 * math.pi)) ** 0.6
    return round(morning + evening + base + 300 * math.sin(minute))
