"""Discretion: which stored values stand for so few rows that they are not shown (Hangzhou art. 16).

An indicator that declares ``suppress_below`` is read through here wherever its values are shown; for the owner's own
department :func:`as_seen_by` takes the declaration off.
"""

from datetime import datetime

import polars as pl

from citybrain.city.indicator import Indicator
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards.small_groups import SUPPRESSED, suppress
from citybrain.safeguards.viewing import Viewer

Cell = tuple[datetime, str]


def as_seen_by(viewer: Viewer, indicator: Indicator) -> Indicator:
    """Return an indicator as somebody may read it: the owner's department sees small groups too.

    Args:
        viewer: Who looks.
        indicator: An indicator this viewer may see.

    """
    if indicator.suppress_below is None or viewer.department != indicator.owner:
        return indicator
    return indicator.model_copy(update={"suppress_below": None})


def hidden(
    connection: Connection,
    indicator: Indicator,
    grain: str,
    split: str,
    first: datetime | None = None,
    until: datetime | None = None,
) -> frozenset[Cell]:
    """Tell which values of a split are not shown.

    Args:
        connection: A reading transaction.
        indicator: The indicator as its reader may see it.
        grain: Period.
        split: Field of the split; empty for the whole, which is hidden where it stands for too few rows itself.
        first: First period; none means from the beginning.
        until: Last period; none means to the end.

    Returns:
        Period and key of each hidden value.

    """
    if indicator.suppress_below is None:
        return frozenset()
    given = {"indicator": indicator.ref, "grain": grain, "split": split, "first": first, "until": until}
    found = connection.execute(statements("citybrain.insight", "discretion")["rows_behind"], given).fetchall()
    if not split:
        return frozenset((bucket, key) for bucket, key, rows in found if 0 < rows < indicator.suppress_below)
    # Instants only mark which values belong to one total; as texts they come back as the very same objects.
    places = {str(at): bucket for at, (bucket, _, _) in enumerate(found)}
    names: dict[datetime, str] = {bucket: at for at, bucket in places.items()}
    schema = {"at": pl.String, "key": pl.String, "rows": pl.Int64}
    frame = pl.DataFrame([(names[bucket], key, rows) for bucket, key, rows in found], schema=schema, orient="row")
    marked = suppress(frame, "rows", indicator.suppress_below, ("at",)).filter(SUPPRESSED)
    return frozenset((places[at], key) for at, key in marked.select("at", "key").iter_rows())
