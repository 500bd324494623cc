"""Refresh: only the periods that new batches touch are computed anew, late data included (Hangzhou art. 10)."""

import hashlib
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from citybrain.city.contract import Contract
from citybrain.city.indicator import Grain, Indicator
from citybrain.city.whole import City
from citybrain.hub.exchange.reading import LogState, Reader, Span, days_after, log_state
from citybrain.insight.engines.duckdb import SECONDS, Engine, Value, midnight
from citybrain.kernel.clock import Clock
from citybrain.kernel.postgres import Connection, Database
from citybrain.kernel.sql import statements

# Raised when the way values are computed changes, so that stored ones are computed anew.
COMPUTATION = 1


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did.

    Attributes:
        values: Values written.
        whole: True when everything was computed anew.

    """

    indicator: str
    values: int
    position: int
    whole: bool


def grains_of(indicator: Indicator) -> tuple[Grain, ...]:
    """Return the periods an indicator has values for.

    Args:
        indicator: Any indicator.

    """
    wanted: list[Grain] = [indicator.time.grain, *indicator.rollups]
    if indicator.time.window == "today" and indicator.time.grain in {"15min", "hour"}:
        wanted.append("day")
    if indicator.time.window == "all":
        wanted.append("all")
    return tuple(dict.fromkeys(wanted))


def definition(city: City, indicator: Indicator) -> bytes:
    """Digest everything that decides an indicator's values.

    Args:
        city: The city, for theme models and parts.
        indicator: Any indicator.

    """
    parts = [str(COMPUTATION), *(str(part) for part in (indicator.source, indicator.derived, indicator.percent))]
    parts += [item.text if item else "" for item in (indicator.measure, indicator.filter)]
    parts += [str(indicator.time.column), *grains_of(indicator), *sorted(indicator.by)]
    if indicator.source in city.models:
        parts.append(city.models[indicator.source or ""].sql)
    for ref in indicator.derived or ():
        if ref in city.indicators:
            parts.append(definition(city, city.indicators[ref]).hex())
    return hashlib.sha256("\x1f".join(parts).encode()).digest()


def refresh(
    city: City, indicator: Indicator, database: Database, reader: Reader, engine: Engine, clock: Clock
) -> Refreshed | None:
    """Bring an indicator's values up to the log.

    Args:
        city: The revision in force.
        indicator: One of its indicators; parts of a derived one must be fresh already.
        database: Where log and values are.
        reader: Reads relations.
        engine: Computes.
        clock: Present instant.

    Returns:
        What was done; none when there was nothing to do or another process is at it.

    Source:
        Hangzhou art. 10 (指标监测和动态更新).

    """
    sql = statements("citybrain.insight", "refresh")
    contracts = city.contracts_read_by(indicator)
    with database.transaction() as connection:
        locked = connection.execute(sql["lock"], {"indicator": indicator.ref}).fetchone()
        if locked is None or not locked[0]:
            return None
        digest = definition(city, indicator)
        known = connection.execute(sql["progress"], {"indicator": indicator.ref}).fetchone()
        fresh = known is not None and bytes(known[0]) == digest
        state = log_state(connection, contracts)
        if known is not None and fresh and known[1] >= state.position:
            return None
        span = days_after(connection, contracts, known[1]) if known is not None and fresh else Span()
        whole = (
            span is None or span.first is None or not _by_day(city, indicator) or _cuts_a_period(city, indicator, span)
        )
        if whole:
            span = Span()
        elif span is not None:
            span = _whole_periods(span, grains_of(indicator))
        values = _compute(city, indicator, connection, reader, engine, span or Span())
        _store(connection, indicator, values, None if whole else span, _zone(city, indicator))
        _keep_progress(connection, indicator, digest, state, values, city, clock)
        connection.execute(sql["announce"], {"indicator": indicator.ref})
    return Refreshed(indicator.ref, len(values), state.position, whole)


def compute_anew(connection: Connection, indicators: Sequence[Indicator]) -> int:
    """Let the values of indicators be computed anew, from what the log and the lake hold now.

    Args:
        connection: The command's transaction.
        indicators: Those whose rows were destroyed.

    Returns:
        How many had been computed before.

    """
    refs = [item.ref for item in indicators]
    sql = statements("citybrain.insight", "refresh")
    connection.execute(sql["wait_for"], {"indicators": refs})
    return connection.execute(sql["forget"], {"indicators": refs}).rowcount


def up_to_the_log(city: City, indicator: Indicator, connection: Connection) -> bool:
    """Tell whether an indicator's values rest on everything the log holds.

    Args:
        city: The revision in force.
        indicator: One of its indicators.
        connection: A reading transaction.

    """
    known = connection.execute(
        statements("citybrain.insight", "refresh")["progress"], {"indicator": indicator.ref}
    ).fetchone()
    if known is None or bytes(known[0]) != definition(city, indicator):
        return False
    return bool(known[1] >= log_state(connection, city.contracts_read_by(indicator)).position)


def _by_day(city: City, indicator: Indicator) -> bool:
    """Tell whether periods can be computed one by one: not for stocks, upserts, snapshots, models and parts."""
    contract = city.contracts.get(indicator.source or "")
    return (
        contract is not None
        and contract.mode == "append"
        and "all" not in grains_of(indicator)
        and contract.event_time is not None
        and indicator.time.column in {None, contract.event_time}
    )


def _whole_periods(span: Span, grains: Sequence[str]) -> Span:
    first, last = span.first, span.last
    if first is None or last is None:
        return span
    if "year" in grains:
        return Span(first.replace(month=1, day=1), last.replace(month=12, day=31))
    if "month" in grains:
        return Span(first.replace(day=1), last.replace(day=monthrange(last.year, last.month)[1]))
    return span


def _cuts_a_period(city: City, indicator: Indicator, span: Span) -> bool:
    """Tell whether a local day begins or ends inside a period, as in zones half an hour from their neighbours."""
    steps = [SECONDS[grain] for grain in grains_of(indicator) if grain in SECONDS]
    if not steps or span.first is None or span.last is None:
        return False
    edges = (midnight(span.first, _zone(city, indicator)), _midnight_after(span.last, _zone(city, indicator)))
    return any(int(edge.timestamp()) % step for edge in edges for step in steps)


def _zone(city: City, indicator: Indicator) -> ZoneInfo:
    contract = city.contracts.get(indicator.source or "")
    return ZoneInfo(contract.zone) if contract is not None else city.zone


def _compute(
    city: City, indicator: Indicator, connection: Connection, reader: Reader, engine: Engine, span: Span
) -> list[Value]:
    if indicator.derived is not None:
        return _derive(connection, indicator)
    zone, splits = _zone(city, indicator), ("", *indicator.by)
    frame = source_rows(city, indicator, connection, reader, engine, span)
    return engine.values(indicator, frame, zone, grains_of(indicator), splits)


def source_rows(
    city: City, indicator: Indicator, connection: Connection, reader: Reader, engine: Engine, span: Span
) -> pl.DataFrame:
    """Return the rows an indicator is computed from.

    Args:
        city: The revision in force.
        indicator: A measured indicator.
        connection: A transaction.
        reader: Reads relations.
        engine: Runs theme models.
        span: Days wanted.

    """
    source = indicator.source or ""
    if source in city.models:
        model = city.models[source]
        frames = {
            name: reader.current(connection, city.contracts[contract]).collect()
            for name, contract in model.reads.items()
        }
        return _with_times(engine.model(model.sql, frames), indicator, city.zone)
    contract = city.contracts[source]
    wanted = _columns(indicator, contract)
    rows = reader.current(connection, contract, span)
    if indicator.measure is not None and "latest" in indicator.measure.functions():
        rows = rows.sort("_at", "_position", "_row").with_row_index("_order")
        wanted = [*wanted, "_order"]
    frame = rows.select([*wanted, "_at", "_day"]).collect()
    if indicator.time.column not in {None, contract.event_time}:
        return _with_times(frame, indicator, ZoneInfo(contract.zone))
    return frame


def _columns(indicator: Indicator, contract: Contract) -> list[str]:
    named: set[str] = set(indicator.by)
    for expression in (indicator.measure, indicator.filter):
        if expression is not None:
            named |= expression.names()
    if indicator.time.column:
        named.add(indicator.time.column)
    return [field.name for field in contract.fields if field.name in named]


def _with_times(frame: pl.DataFrame, indicator: Indicator, zone: ZoneInfo) -> pl.DataFrame:
    """Give rows of a model, or of another time column, the instant and day they count under."""
    column = indicator.time.column
    if column is None:
        return frame.with_columns(
            pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias("_at"), pl.lit(None, dtype=pl.Date).alias("_day")
        )
    if frame.schema[column] == pl.Date:
        local = pl.col(column).cast(pl.Datetime("us")).dt.replace_time_zone(str(zone), non_existent="null")
        return frame.with_columns(local.dt.convert_time_zone("UTC").alias("_at"), pl.col(column).alias("_day"))
    instant = pl.col(column).cast(pl.Datetime("us", "UTC"))
    return frame.with_columns(instant.alias("_at"), instant.dt.convert_time_zone(str(zone)).dt.date().alias("_day"))


def _derive(connection: Connection, indicator: Indicator) -> list[Value]:
    first, second = indicator.derived or ("", "")
    given = {"first": first, "second": second}
    factor = 100.0 if indicator.percent else 1.0
    found = []
    for grain, split, key, bucket, a, b, rows in connection.execute(
        statements("citybrain.insight", "refresh")["parts"], given
    ).fetchall():
        value = a / b * factor if a is not None and b else None
        found.append(Value(grain, split, key, bucket, value, rows))
    return found


def _store(
    connection: Connection, indicator: Indicator, values: Sequence[Value], span: Span | None, zone: ZoneInfo
) -> None:
    sql = statements("citybrain.insight", "refresh")
    if span is None or span.first is None or span.last is None:
        connection.execute(sql["clear"], {"indicator": indicator.ref})
    else:
        first, until = midnight(span.first, zone), _midnight_after(span.last, zone)
        for grain in grains_of(indicator):
            given = {"indicator": indicator.ref, "grain": grain, "first": first, "until": until}
            connection.execute(sql["clear_span"], given)
    with connection.cursor().copy(sql["copy_values"]) as copy:
        for value in values:
            copy.write_row((indicator.ref, value.grain, value.split, value.key, value.bucket, value.value, value.rows))


def _midnight_after(day: date, zone: ZoneInfo) -> datetime:
    return midnight(day + timedelta(days=1), zone) if day < date.max else datetime(9999, 12, 31, 23, 59, tzinfo=zone)


def _keep_progress(
    connection: Connection,
    indicator: Indicator,
    digest: bytes,
    state: LogState,
    values: Sequence[Value],
    city: City,
    clock: Clock,
) -> None:
    newest = max((value.bucket for value in values if value.grain == indicator.time.grain), default=None)
    as_of = state.newest_at if state.newest_at is not None else newest
    given = {
        "indicator": indicator.ref,
        "definition": digest,
        "position": state.position,
        "as_of": as_of or state.arrived_at,
        "refreshed_at": clock.now(),
        "revision": city.revision,
        "received": state.received,
        "accepted": state.accepted,
        "batches": state.batches,
    }
    connection.execute(statements("citybrain.insight", "refresh")["keep_progress"], given)
