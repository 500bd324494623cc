"""Named sabotages of limited use: uses nobody counts, bulk for enterprises, one person's word, an idle list."""

from citybrain.city import negative
from citybrain.governance.bench import Bench
from citybrain.hub import bulk_reads, limits
from citybrain.hub.sharing import granting
from citybrain.safeguards.authorization import rulebook
from tests.law.conftest import Scene


def uses_go_uncounted(scene: Scene) -> Bench:
    scene.patch.setattr(limits, "count", lambda *_, **__: None)
    return scene.bench


def enterprises_read_in_bulk(scene: Scene) -> Bench:
    scene.patch.setattr(limits, "most_rows", lambda _held, _now, asked: asked)
    return scene.bench


def one_word_is_enough(scene: Scene) -> Bench:
    scene.patch.setattr(granting, "HIGHER", frozenset())
    return scene.bench


def the_negative_list_is_idle(scene: Scene) -> Bench:
    scene.patch.setattr(rulebook, "prohibitions", lambda _: ())
    return scene.bench


def the_negative_list_is_not_checked(scene: Scene) -> Bench:
    scene.patch.setattr(negative.Prohibition, "covered", lambda *_: frozenset())
    return scene.bench


def bulk_reads_go_unnoticed(scene: Scene) -> Bench:
    scene.patch.setattr(bulk_reads, "_passed", lambda *_: ())
    return scene.bench
