"""Named sabotages of bodies: no borders, courts run by others, partners without agreement, standards unread."""

from citybrain.city import crosscheck, protection
from citybrain.city.organisation import Department
from citybrain.governance.bench import Bench
from citybrain.hub.catalog import entries
from tests.law.conftest import Scene


def the_city_has_no_border(scene: Scene) -> Bench:
    scene.patch.setattr(crosscheck, "territory_findings", lambda _: ())
    return scene.bench


def courts_are_run_by_others(scene: Scene) -> Bench:
    scene.patch.setattr(Department, "own_domain", False)
    return scene.bench


def partners_need_no_agreement(scene: Scene) -> Bench:
    scene.patch.setattr(protection, "partnered", lambda _: ())
    return scene.bench


def rights_are_not_told(scene: Scene) -> Bench:
    scene.patch.setattr(entries, "_rights", lambda _: {})
    return scene.bench


def standards_stay_on_paper(scene: Scene) -> Bench:
    scene.patch.setattr(crosscheck, "standard_findings", lambda _: ())
    return scene.bench
