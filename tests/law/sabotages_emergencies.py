"""Named sabotages of emergencies: grants that live on, users who review themselves, copies nobody asks for."""

from citybrain.governance.bench import Bench
from citybrain.hub import emergencies, emergency_reports, emergency_reviews
from tests.law.conftest import Scene


def emergency_grants_outlive_it(scene: Scene) -> Bench:
    scene.patch.setattr(emergencies, "lapse", lambda *_, **__: ())
    return scene.bench


def users_review_themselves(scene: Scene) -> Bench:
    scene.patch.setattr(emergency_reviews, "concerned", lambda *_: False)
    return scene.bench


def copies_are_never_asked_for(scene: Scene) -> Bench:
    scene.patch.setattr(emergency_reports, "claim", lambda *_: False)
    return scene.bench
