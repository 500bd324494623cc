"""Texts become typed values: a cell that does not fit stays readable, so that its provider sees what was sent."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from citybrain.city.contract import Contract, Field
from citybrain.safeguards.expressions import ISO_FORMATS, read_time

_TRUE = ("true", "1", "yes", "是", "y", "t")
_FALSE = ("false", "0", "no", "否", "n", "f")
_ISO_WITH_OFFSET = re.compile(
    r"^\d{4}-\d{2}-\d{2}(?P<mark>[T ])\d{2}:\d{2}:\d{2}"
    r"(?P<offset>[Zz]|(?P<sign>[+-])(?P<hours>\d{2}):(?P<minutes>\d{2}))$"
)
_DTYPES: dict[str, pl.DataType] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us", "UTC"),
}


@dataclass(frozen=True, slots=True)
class Typed:
    """Rows with the contract's types.

    Attributes:
        values: One column a field, of its type; null where missing or failed.
        failed: Fields with at least one cell that does not fit, with a mask each.

    """

    values: pl.DataFrame
    failed: dict[str, pl.Series]


def dtype_of(field: Field) -> pl.DataType:
    """Return the stored type of a field.

    Args:
        field: A field of a contract.

    """
    if field.type == "decimal":
        return pl.Decimal(38, field.scale or 0)
    return _DTYPES[field.type]


def type_rows(frame: pl.DataFrame, contract: Contract, *, nul_possible: bool) -> Typed:
    """Give each column the type its contract declares.

    All columns are read at once on the likely way; only a column in which something did not fit is read again, with
    care.

    Args:
        frame: Columns of text, or already typed ones (Arrow, Parquet). A missing column counts as all missing.
        contract: The contract.
        nul_possible: Whether a text may hold a NUL character, which no text field may.

    Returns:
        Typed columns in the contract's order.

    """
    quick = _read_quickly(frame, contract, nul_possible=nul_possible)
    columns: list[pl.Series] = []
    failed: dict[str, pl.Series] = {}
    for field in contract.fields:
        if field.name not in frame.columns:
            columns.append(pl.Series(field.name, [None] * frame.height, dtype=dtype_of(field)))
            continue
        if field.name in quick:
            columns.append(quick[field.name])
            continue
        raw = frame.get_column(field.name)
        if raw.dtype == pl.String:
            raw = _without_tokens(raw, contract.missing)
        value = _within_years(_convert(raw, field, contract.zone, nul_possible=nul_possible))
        columns.append(value.alias(field.name))
        if value.null_count() != raw.null_count():
            failed[field.name] = value.is_null() & raw.is_not_null()
    return Typed(pl.DataFrame(columns) if columns else pl.DataFrame(), failed)


def _read_quickly(frame: pl.DataFrame, contract: Contract, *, nul_possible: bool) -> dict[str, pl.Series]:
    """Read every column the likely way in one pass; return those in which nothing was odd."""
    wanted: list[pl.Expr] = []
    raws: dict[str, pl.Series] = {}
    for field in contract.fields:
        raw = frame.get_column(field.name) if field.name in frame.columns else None
        made = None if raw is None else _quick(raw, field, contract, nul_possible=nul_possible)
        if raw is not None and made is not None:
            raws[field.name] = raw
            wanted += [expression.alias(f"{field.name}{mark}") for mark, expression in made.items()]
    if frame.is_empty():
        return {}
    read = {column.name: column for column in frame.select(wanted).iter_columns()} if wanted else {}
    found = {}
    for name, raw in raws.items():
        value, fine = read.get(name, raw), read.get(f"{name}?")
        nothing_failed = value.null_count() == raw.null_count() and (fine is None or fine.item(0))
        if nothing_failed and _within_years(value) is value:
            found[name] = value
    return found


def _quick(raw: pl.Series, field: Field, contract: Contract, *, nul_possible: bool) -> dict[str, pl.Expr] | None:
    """Say how a column is most likely read.

    Returns:
        Its reading by ``""``, absent where the column stands as it came, and by ``"?"`` a test that this way was
        right, absent where it must be; none where care is needed.

    """
    column = pl.col(field.name)
    if raw.dtype != pl.String:
        if raw.dtype != dtype_of(field):
            return None
        return {"?": column.is_finite().all()} if raw.dtype.is_float() else {}
    match field.type:
        case "string" if not nul_possible:
            return {"?": ~_is_token(column, contract.missing).any()} if contract.missing else {}
        case "integer":
            return {"": column.cast(pl.Int64, strict=False)}
        case "number":
            made = column.cast(pl.Float64, strict=False)
            return {"": made, "?": made.is_finite().all()}
        case "timestamp" if not field.formats:
            return _same_offset(raw)
    return None


def _is_token(column: pl.Expr, tokens: Sequence[str]) -> pl.Expr:
    """Tell where a text means "no value"; an empty text is told by its length, which costs next to nothing."""
    if tuple(tokens) == ("",):
        return column.str.len_bytes() == 0
    return column.is_in(list(tokens))


def _without_tokens(raw: pl.Series, tokens: Sequence[str]) -> pl.Series:
    if not tokens:
        return raw
    hits = raw.is_in(list(tokens))
    if not hits.any():
        return raw
    return raw.to_frame().select(pl.when(~hits).then(pl.col(raw.name))).to_series()


def _convert(raw: pl.Series, field: Field, zone: str, *, nul_possible: bool) -> pl.Series:
    if raw.dtype == pl.String:
        return _convert_text(raw, field, zone, nul_possible=nul_possible)
    if raw.dtype == pl.Null:
        return pl.Series(raw.name, [None] * raw.len(), dtype=dtype_of(field))
    if field.type == "timestamp":
        if isinstance(raw.dtype, pl.Datetime) and raw.dtype.time_zone is None:
            raw = raw.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        if isinstance(raw.dtype, pl.Datetime):
            return raw.dt.convert_time_zone("UTC").cast(dtype_of(field), strict=False)
        if raw.dtype == pl.Date:
            return (
                raw.cast(pl.Datetime("us")).dt.replace_time_zone(zone, non_existent="null").dt.convert_time_zone("UTC")
            )
        return _convert_text(raw.cast(pl.String, strict=False), field, zone, nul_possible=nul_possible)
    if field.type == "date" and isinstance(raw.dtype, pl.Datetime) and raw.dtype.time_zone is not None:
        return raw.dt.convert_time_zone(zone).dt.date()
    if field.type == "integer" and raw.dtype.is_float():
        certain = (pl.col(raw.name) == pl.col(raw.name).round()) & (pl.col(raw.name).abs() < 2.0**53)
        return raw.to_frame().select(pl.when(certain).then(pl.col(raw.name))).to_series().cast(pl.Int64, strict=False)
    if field.type == "number" and raw.dtype.is_numeric():
        return _finite(raw.cast(pl.Float64, strict=False))
    alike = raw.dtype.is_integer() if field.type == "integer" else raw.dtype.is_numeric()
    if field.type == "string" or (field.type in {"integer", "decimal"} and alike) or raw.dtype == dtype_of(field):
        return raw.cast(dtype_of(field), strict=False)
    if field.type == "date" and isinstance(raw.dtype, pl.Datetime):
        return raw.dt.date()
    # What is of another kind counts as what it says when written, never as the number it is stored as.
    return _convert_text(raw.cast(pl.String, strict=False), field, zone, nul_possible=nul_possible)


def _convert_text(raw: pl.Series, field: Field, zone: str, *, nul_possible: bool) -> pl.Series:
    if field.type == "string":
        if not nul_possible:
            return raw
        return (
            raw.to_frame().select(pl.when(~pl.col(raw.name).str.contains("\x00", literal=True)).then(raw)).to_series()
        )
    if field.type == "timestamp":
        return _instants(raw, field.formats, zone)
    if field.type == "date":
        return _days(raw, field.formats)
    if field.type == "boolean":
        text = raw.str.strip_chars().str.to_lowercase()
        return (
            pl.DataFrame({"t": text})
            .select(pl.when(pl.col("t").is_in(_TRUE)).then(True).when(pl.col("t").is_in(_FALSE)).then(False))
            .to_series()
        )
    if field.type == "integer":
        return _whole(raw)
    if field.type == "number":
        return _finite(_cast_text(raw, pl.Float64()))
    return _cast_text(raw, dtype_of(field))


def _cast_text(raw: pl.Series, dtype: pl.DataType) -> pl.Series:
    made = raw.cast(dtype, strict=False)
    if made.null_count() == raw.null_count():
        return made
    return raw.str.strip_chars().cast(dtype, strict=False)


def _finite(made: pl.Series) -> pl.Series:
    if made.is_finite().all():
        return made
    return made.to_frame().select(pl.when(pl.col(made.name).is_finite()).then(pl.col(made.name))).to_series()


def _whole(raw: pl.Series) -> pl.Series:
    made = _cast_text(raw, pl.Int64())
    if made.null_count() == raw.null_count():
        return made
    # A JSON number such as 12.0 or 1e3 is whole; beyond 2^53 a float no longer tells.
    rest = raw.str.strip_chars().cast(pl.Float64, strict=False)
    both = pl.DataFrame({"made": made, "rest": rest})
    whole = (pl.col("rest") == pl.col("rest").round()) & (pl.col("rest").abs() < 2.0**53)
    fallback = pl.when(whole).then(pl.col("rest").cast(pl.Int64, strict=False))
    return both.select(pl.coalesce(pl.col("made"), fallback)).to_series().alias(raw.name)


def _within_years(made: pl.Series) -> pl.Series:
    """Let only days through that every zone and every reader can write: year 1 to 9999, a day from either end."""
    if not isinstance(made.dtype, (pl.Date, pl.Datetime)):
        return made
    first, last = _since_1970(date(1, 1, 2), made.dtype), _since_1970(date(9999, 12, 30), made.dtype)
    stored = made.to_physical()
    lowest, highest = stored.min(), stored.max()
    if lowest is None or (lowest >= first and highest <= last):  # type: ignore[operator]
        return made
    good = stored.is_between(first, last)
    return made.to_frame().select(pl.when(good).then(pl.col(made.name))).to_series()


def _since_1970(day: date, dtype: pl.DataType) -> int:
    """Count as the column is stored: days, or microseconds."""
    days = (day - date(1970, 1, 1)).days
    return days if isinstance(dtype, pl.Date) else days * 86_400_000_000


def _days(raw: pl.Series, formats: Sequence[str]) -> pl.Series:
    frame = raw.alias("t").to_frame()
    text = pl.col("t").str.strip_chars()
    made = [text.str.to_date(form, strict=False) for form in formats or ["%Y-%m-%d"]]
    return frame.select(pl.coalesce(made)).to_series()


def _instants(raw: pl.Series, formats: Sequence[str], zone: str) -> pl.Series:
    """Read instants, trying the next format only on what is still unread."""
    tried = list(formats) or _likely_first(raw)
    frame = raw.alias("t").to_frame()
    made = frame.select(read_time(pl.col("t"), [tried[0]], zone)).to_series()
    for form in tried[1:]:
        if made.null_count() == raw.null_count():
            break
        again = frame.select(read_time(pl.col("t"), [form], zone)).to_series()
        made = pl.DataFrame({"a": made, "b": again}).select(pl.coalesce("a", "b")).to_series()
    return made


def _same_offset(raw: pl.Series) -> dict[str, pl.Expr] | None:
    """Read ISO 8601 instants that all carry the same offset, several times faster than with an offset in the format."""
    match = _ISO_WITH_OFFSET.match(_first(raw) or "")
    if match is None or int(match["hours"] or 0) > 23 or int(match["minutes"] or 0) > 59:
        return None
    column = pl.col(raw.name)
    form = f"%Y-%m-%d{match['mark']}%H:%M:%S"
    naive = column.str.head(19).str.to_datetime(form, time_unit="us", strict=False, cache=False)
    ahead = timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0))
    ahead = -ahead if match["sign"] == "-" else ahead
    instants = (naive - ahead).dt.replace_time_zone("UTC")
    return {"": instants, "?": (column.str.slice(19) == match["offset"]).all()}


def _first(raw: pl.Series) -> str | None:
    if raw.len() and raw[0] is not None:
        return str(raw[0])
    rest = raw.drop_nulls()
    return str(rest[0]) if rest.len() else None


def _likely_first(raw: pl.Series) -> list[str]:
    sample = raw.drop_nulls().head(1)
    if sample.is_empty():
        return ISO_FORMATS
    fitting = _fitting(sample)
    return fitting + [form for form in ISO_FORMATS if form not in fitting]


def _fitting(sample: pl.Series) -> list[str]:
    frame = sample.alias("t").to_frame()
    return [
        form
        for form in ISO_FORMATS
        if frame.select(read_time(pl.col("t"), [form], "UTC")).to_series().null_count() == 0
    ]
