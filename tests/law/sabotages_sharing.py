"""Named sabotages of sharing: grants that live on, wishes nobody measures."""

from citybrain.governance.bench import Bench
from citybrain.hub import grants
from citybrain.hub.sharing import desk
from tests.law.conftest import Scene


def closed_grants_live_on(scene: Scene) -> Bench:
    scene.patch.setattr(grants, "close", lambda *_: None)
    return scene.bench


def every_wish_is_fit(scene: Scene) -> Bench:
    scene.patch.setattr(desk, "too_much", lambda *_: ())
    return scene.bench
