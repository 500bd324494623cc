"""Named sabotages of what persons are owed."""

from citybrain.governance.bench import Bench
from citybrain.safeguards import consent
from tests.law.conftest import Scene


def withdrawn_consents_live_on(scene: Scene) -> Bench:
    scene.patch.setattr(consent, "withdraw", lambda *_: None)
    return scene.bench
