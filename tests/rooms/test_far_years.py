"""Instants no calendar of ours knows cost their row, not the batch."""

import json

import pytest

from tests.rooms.conftest import Send


@pytest.mark.parametrize("when", ["+55840-01-01T00:00:00Z", "-0044-03-15T00:00:00Z", "0000-01-01T00:00:00Z"])
def test_an_instant_outside_the_years_1_to_9999_is_set_aside_and_the_rest_admitted(send: Send, when: str) -> None:
    rows = [{"slot_start": at, "station": "S1", "entries": 5, "exits": 5} for at in (when, "2026-11-20T08:00:00Z")]
    receipt = send("\n".join(json.dumps(row) for row in rows))
    assert (receipt.received, receipt.accepted, receipt.set_aside) == (2, 1, 1)
    assert receipt.reasons[0].rule == "slot_start_type"
