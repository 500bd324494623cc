"""Named sabotages of protection: secrets, grades, small groups."""

import polars as pl

from citybrain.city import grading
from citybrain.governance.bench import Bench
from citybrain.hub import inspection
from citybrain.insight import discretion
from citybrain.safeguards.small_groups import SUPPRESSED
from tests.law.conftest import Scene


def small_groups_are_shown(scene: Scene) -> Bench:
    scene.patch.setattr(
        discretion, "suppress", lambda values, *_: values.with_columns(pl.lit(value=False).alias(SUPPRESSED))
    )
    return scene.bench


def sensitive_fields_leave(scene: Scene) -> Bench:
    scene.patch.setattr(inspection, "SENSITIVE", 9)
    return scene.bench


def derived_data_forgets_its_sources(scene: Scene) -> Bench:
    scene.patch.setattr(grading, "of_sources", lambda *_: (1, "general"))
    return scene.bench
