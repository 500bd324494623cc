"""Hangzhou as the story needs it: civil affairs may apply and holds no grant, and the hotline's own desk answers."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

HANGZHOU = Path(__file__).parents[2] / "cities" / "hangzhou"
VISITS = "contract:health/visits"
LOOKUP = "service:hotline/event-lookup"
ADDRESS = "/r1/hangzhou/GOV/hotline/events/event-lookup/events/E20261120-00001"
EVENT = {
    "event_id": "E20261120-00001", "opened_at": "2026-11-20T09:30:00+08:00", "district": "330106",
    "category": "benefits", "state": "open", "caller_phone": "13800000000",
}  # fmt: skip
OFFICER = """  - post: benefit_officer
    name: {zh: 补助专员, en: benefit officer}
    level: city
    may: [request_data]
    held_by:
      - {person: yu, name: {zh: 俞专员, en: Yu}, demo: true}
"""


def write_story_city(folder: Path, lookup_url: str) -> Path:
    """Write the city into a folder.

    Args:
        folder: Where to.
        lookup_url: Where the hotline's own system listens.

    """
    shutil.copytree(HANGZHOU, folder)
    (folder / "grants" / "civil-affairs-uses-visits.yaml").unlink()
    for name, before, after in (
        ("departments/civil-affairs.yaml", None, OFFICER),
        ("services/hotline/event-lookup.yaml", "env:HOTLINE_LOOKUP_URL", lookup_url),
    ):
        file = folder / name
        text = file.read_text(encoding="utf-8")
        file.write_text(text + after if before is None else text.replace(before, after), encoding="utf-8")
    return folder


def visits(at: datetime) -> list[dict[str, Any]]:
    """Return a visit of each of two citizens, half an hour ago."""
    when = (at - timedelta(minutes=30)).isoformat()
    return [
        {"visit_no": f"V20261120-000{number}", "visited_at": when, "person_no": f"RY-10000{number}",
         "hospital": "第一医院", "clinic": "全科门诊", "fee": 9.5}
        for number in (1, 2)
    ]  # fmt: skip


def wishes(at: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what civil affairs applies for: rows of visits, and calls of the hotline's service."""
    until = (at + timedelta(days=180)).date().isoformat()
    both = {"purpose": "public_service", "basis": {"law": "hangzhou-2021/13"}, "until": until}
    rows = {
        "contract": VISITS, "reason": "经本人同意，核验慢病门诊补助",
        "fields": ["visit_no", "person_no", "hospital", "clinic", "fee"],
    }  # fmt: skip
    calls = {
        "contract": LOOKUP, "reason": "答复补助申请人时查询其工单状态", "fields": ["find_event", "event_id", "state"]
    }  # fmt: skip
    return both | rows, both | calls
