"""Named sabotages of dissents and scores: corrections, clocks, objections."""

from typing import Any

from citybrain.governance import scorecard
from citybrain.governance.bench import Bench
from citybrain.governance.dissent import clocks
from citybrain.hub.exchange import reading
from tests.law.conftest import Scene


def corrections_reach_nobody(scene: Scene) -> Bench:
    scene.patch.setattr(reading, "_newest_versions", lambda _, __, relation: relation)
    return scene.bench


def overdue_dissents_stay_quiet(scene: Scene) -> Bench:
    scene.patch.setattr(clocks, "_escalate", lambda *_: ())
    return scene.bench


def objections_change_nothing(scene: Scene) -> Bench:
    def deaf(*_: Any) -> int:
        return 0

    scene.patch.setattr(scorecard, "recompute", deaf)
    return scene.bench
