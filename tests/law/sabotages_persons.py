"""Named sabotages of what persons are owed."""

from citybrain.governance.bench import Bench
from citybrain.hub.destruction import set_aside
from citybrain.safeguards import consent
from tests.law.conftest import Scene


def withdrawn_consents_live_on(scene: Scene) -> Bench:
    scene.patch.setattr(consent, "withdraw", lambda *_: None)
    return scene.bench


def rows_set_aside_survive(scene: Scene) -> Bench:
    scene.patch.setattr(set_aside, "wipe_person", lambda *_: {})
    return scene.bench
