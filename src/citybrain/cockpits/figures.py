"""Figures: an indicator as one tile, scoped to what the cockpit is about (Hangzhou art. 10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from citybrain.city.indicator import Indicator
from citybrain.city.names import Provenance as Declared
from citybrain.city.whole import City
from citybrain.cockpits.figures_view import Provenance, State, Tile
from citybrain.hub.provenance import provenance_now
from citybrain.insight.engines.duckdb import SECONDS, midnight
from citybrain.insight.places import Gazetteer
from citybrain.insight.values import STEP, Point, Standing, series, shown_grain, standing, usual
from citybrain.kernel.messages import Language, say
from citybrain.kernel.numerals import number, signed
from citybrain.kernel.postgres import Connection

STATES: dict[str, State] = {"normal": "ok", "warning": "warn", "alarm": "alarm", "stale": "stale", "no_data": "none"}
_ADDITIVE = frozenset({"sum", "count", "count_if", "sum_if"})


@dataclass(frozen=True, slots=True)
class Look:
    """What one rendering of a cockpit is made from.

    Attributes:
        division: Division the cockpit is about; none means the whole city.
        now: Present instant.

    """

    connection: Connection
    city: City
    gazetteer: Gazetteer
    division: str | None
    now: datetime
    language: Language

    def words(self, key: str, /, **params: object) -> str:
        """Say a sentence of this room."""
        return say(f"cockpits.{key}", self.language, **params)

    def place(self, code: str) -> str:
        """Say what a division is called."""
        return self.gazetteer.name(code, self.language)

    def scope_of(self, indicator: Indicator) -> tuple[str, str]:
        """Return the split and key an indicator is shown for: the division, where it can be split so."""
        if self.division is not None and indicator.place is not None:
            return indicator.place, self.division
        return "", ""


def provenance_of(look: Look, indicator: Indicator) -> tuple[Provenance, ...]:
    """Say which words of provenance an indicator carries.

    Args:
        look: What is looked at.
        indicator: Any indicator.

    """
    declared: list[Declared] = [indicator.provenance] if indicator.provenance else []
    declared += provenance_now(look.connection, look.city, look.city.contracts_read_by(indicator)).values()
    found: list[Provenance] = []
    for word in declared:
        if word != "own" and word not in found:
            found.append(word)
    return tuple(found)


def tile(look: Look, indicator: Indicator) -> Tile:
    """Make the tile of an indicator.

    Args:
        look: What is looked at.
        indicator: An indicator this viewer may see.

    """
    split, key = look.scope_of(indicator)
    said = standing(look.connection, look.city, indicator, look.now, split, key)
    state = state_of(said, split, key)
    lead, rest = _comparison(look, indicator, said, split, key)
    late = said.late_by
    return Tile(
        id=dom_id(indicator),
        name=indicator.name.said(look.language),
        value=said.point.value if said.point else None,
        unit=indicator.unit.said(look.language),
        state=state,
        decimals=indicator.digits,
        provenance=provenance_of(look, indicator),
        href=f"/indicator/{indicator.indicator}",
        history=tuple(point.value for point in history(look, indicator, said, split, key)),
        lead=lead,
        rest=rest,
        field=look.words(f"field_{indicator.field}"),
        source=look.city.departments[indicator.owner].name.said(look.language),
        as_of=as_of_text(look, indicator, said),
        quality=said.quality or "",
        late_minutes=int(late.total_seconds() // 60) if late else None,
        promised_minutes=int(said.promised.total_seconds() // 60) if said.promised else None,
        note=_note(look, indicator, said, split),
    )


def _note(look: Look, indicator: Indicator, said: Standing, split: str) -> str:
    if said.point is not None and said.point.hidden:
        return look.words("suppressed", k=indicator.suppress_below)
    return look.words("whole_city") if look.division and not split else ""


def dom_id(indicator: Indicator) -> str:
    """Name the element of an indicator's tile.

    Args:
        indicator: Any indicator.

    """
    return indicator.indicator.replace(".", "-").replace("_", "-")


def state_of(said: Standing, split: str = "", key: str = "") -> State:
    """Tell the state to show: late before everything, then the state that was judged.

    Args:
        said: What the indicator says.
        split: Field of a scoped value.
        key: Value of that field.

    """
    if said.point is None or said.point.value is None:
        return "none"
    if said.late_by is not None:
        return "stale"
    for item in said.states:
        if (item.split, item.key) == (split, key):
            return STATES[item.state]
    return "ok"


def as_of_text(look: Look, indicator: Indicator, said: Standing) -> str:
    """Write the time of a figure, short.

    Args:
        look: What is looked at.
        indicator: The indicator.
        said: What it says.

    """
    if said.as_of is None:
        return ""
    end = _end_of_period(look, indicator, said.as_of)
    local = end.astimezone(look.city.zone)
    if indicator.time.grain == "year":
        return f"{local:%Y}"
    same_day = local.date() == look.now.astimezone(look.city.zone).date()
    if same_day and indicator.time.grain != "day":
        return f"{local:%H:%M}"
    return f"{local:%m-%d}" if local.year == look.now.year else f"{local:%Y-%m-%d}"


def _end_of_period(look: Look, indicator: Indicator, as_of: datetime) -> datetime:
    """A row that stands at the start of a period speaks until its end, one in the middle until itself."""
    grain = indicator.time.grain
    if grain not in SECONDS or as_of.timestamp() % SECONDS[grain]:
        return as_of
    end = as_of + STEP[grain]
    return end if end <= look.now else as_of


def history(look: Look, indicator: Indicator, said: Standing, split: str, key: str) -> list[Point]:
    """Return the points of the small line: today's periods, or the last thirty.

    Args:
        look: What is looked at.
        indicator: The indicator.
        said: What it says.
        split: Field of a scoped value.
        key: Value of that field.

    """
    grain = indicator.time.grain
    if grain == "all" or said.point is None:
        return []
    if grain in {"15min", "hour"}:
        newest = said.as_of or look.now
        first = midnight(newest.astimezone(look.city.zone).date(), look.city.zone)
        if grain == "hour":
            first = newest - timedelta(hours=24)
        return series(look.connection, indicator, grain, first, newest + timedelta(seconds=1), split, key)
    first = said.point.bucket - 30 * STEP[grain]
    return series(look.connection, indicator, grain, first, said.point.bucket + timedelta(seconds=1), split, key)


def _comparison(look: Look, indicator: Indicator, said: Standing, split: str, key: str) -> tuple[str, str]:
    """Say the comparison that matters: the same time on other days, or the period before."""
    grain = indicator.time.grain
    if said.point is None or said.point.value is None or said.as_of is None:
        return "", ""
    if shown_grain(indicator) == "day" and grain in {"15min", "hour"} and additive(indicator):
        normal = _usual_until_now(look, indicator, said.as_of, split, key)
        if normal:
            change = signed((said.point.value / normal - 1) * 100, 1)
            return look.words("against_usual_until", change=change), look.words(
                "usual_is", value=number(normal, indicator.digits)
            )
    if grain in {"15min", "hour"}:
        normal = usual(look.connection, indicator, grain, said.point.bucket, look.city.zone, split, key)
        if normal:
            change = signed((said.point.value / normal - 1) * 100, 1)
            return look.words("against_usual", change=change), look.words(
                "usual_is", value=number(normal, indicator.digits)
            )
    if grain in {"day", "month", "year"}:
        points = history(look, indicator, said, split, key)
        before = points[-2].value if len(points) > 1 else None
        if before:
            change = signed((said.point.value / before - 1) * 100, 1)
            return look.words(f"against_{grain}_before", change=change), ""
    return "", ""


def additive(indicator: Indicator) -> bool:
    """Tell whether values of shorter periods add up to those of longer ones.

    Args:
        indicator: Any indicator.

    """
    return indicator.measure is not None and indicator.measure.functions() <= _ADDITIVE and not indicator.percent


def _usual_until_now(look: Look, indicator: Indicator, until: datetime, split: str, key: str) -> float | None:
    """Return the mean of earlier days' sums up to the same time of day.

    Of the same kind of day where there are three.
    """
    local = until.astimezone(look.city.zone)
    first = midnight(local.date() - timedelta(days=28), look.city.zone)
    points = series(
        look.connection, indicator, indicator.time.grain, first, midnight(local.date(), look.city.zone), split, key
    )
    sums: dict[tuple[bool, int], float] = {}
    for point in points:
        at = point.bucket.astimezone(look.city.zone)
        if point.value is not None and at.time() <= local.time():
            slot = (at.weekday() >= 5, at.date().toordinal())
            sums[slot] = sums.get(slot, 0.0) + point.value
    return _mean_of_kind(sums, weekend=local.weekday() >= 5)


def _mean_of_kind(sums: dict[tuple[bool, int], float], *, weekend: bool) -> float | None:
    same: Sequence[float] = [value for (kind, _), value in sums.items() if kind == weekend]
    chosen = same if len(same) >= 3 else list(sums.values())
    return sum(chosen) / len(chosen) if len(chosen) >= 3 else None
