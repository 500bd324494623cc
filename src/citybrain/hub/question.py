"""Questions to the hub: which fields and rows of a contract somebody asks for, and how the answer is written."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

import polars as pl

from citybrain.city.contract import Contract, Field
from citybrain.city.names import near
from citybrain.kernel.errors import NotKnown, WrongUse

Comparison = Literal["eq", "ne", "lt", "lte", "gt", "gte", "in"]
COMPARISONS: tuple[Comparison, ...] = ("eq", "ne", "lt", "lte", "gt", "gte", "in")
FORMATS: Mapping[str, str] = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "arrow": "application/vnd.apache.arrow.stream",
}
MOST_ROWS = 10_000
MOST_VALUES = 1_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of a field with what the asker wrote; the text is bound as a value, never as a query."""

    field: str
    comparison: Comparison
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A row's place in the log: what was read up to here is not read again.

    Attributes:
        position: Log position of its batch.
        row: Row in the batch.

    """

    position: int
    row: int

    def __str__(self) -> str:
        """Write it as it travels."""
        return f"{self.position}.{self.row}"

    @staticmethod
    def read(text: str) -> "Place":
        """Read a place as it travels.

        Args:
            text: ``<position>.<row>``.

        Raises:
            WrongUse: It is none.

        """
        position, _, row = text.partition(".")
        if not (position.isdecimal() and row.isdecimal() and len(position) < 19 and len(row) <= 10):
            raise WrongUse("hub.place_unreadable", text=text[:40])
        return Place(int(position), int(row))


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks for.

    Attributes:
        contract: Ref.
        fields: Fields wanted; none means all that are granted.
        where: Conditions that all hold.
        since, until: Bounds of event time, the first included, the last excluded.
        view: history, each row as it was admitted; or current, the newest row of each key.
        after: Only rows after this place.
        limit: Most rows.
        grant: Short name of the one grant it may rest on; none leaves the choice to the policies.

    """

    contract: str
    purpose: str
    fields: tuple[str, ...] | None = None
    where: tuple[Condition, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    view: Literal["history", "current"] = "history"
    after: Place | None = None
    limit: int = 1_000
    grant: str | None = None


def condition_of(condition: Condition, contract: Contract) -> pl.Expr:
    """Compile a comparison.

    Args:
        condition: As asked.
        contract: The contract.

    Returns:
        True where a row fits; a missing value never fits.

    Raises:
        NotKnown: No such field.
        WrongUse: The text is no value of the field's type.

    """
    field = field_of(contract, condition.field)
    column = pl.col(field.name)
    if condition.comparison == "in":
        texts = condition.text.split(",")
        if len(texts) > MOST_VALUES:
            raise WrongUse("hub.too_many_values", field=field.name, most=MOST_VALUES)
        fits = column.is_in(pl.Series([_value(text, field) for text in texts], dtype=None).implode())
        return fits.fill_null(value=False)
    value = pl.lit(_value(condition.text, field))
    match condition.comparison:
        case "eq":
            fits = column == value
        case "ne":
            fits = column != value
        case "lt":
            fits = column < value
        case "lte":
            fits = column <= value
        case "gt":
            fits = column > value
        case "gte":
            fits = column >= value
    return fits.fill_null(value=False)


def field_of(contract: Contract, name: str) -> Field:
    """Find a field.

    Args:
        contract: The contract.
        name: As asked.

    Raises:
        NotKnown: No such field; near names are offered.

    """
    for field in contract.fields:
        if field.name == name:
            return field
    names = [field.name for field in contract.fields]
    raise NotKnown("hub.field_unknown", field=name, contract=contract.ref, near=near(name, names))


def _value(text: str, field: Field) -> Any:
    try:
        match field.type:
            case "integer":
                return int(text)
            case "number":
                return float(text)
            case "decimal":
                return Decimal(text)
            case "boolean":
                return {"true": True, "false": False}[text.lower()]
            case "date":
                return date.fromisoformat(text)
            case "timestamp":
                at = datetime.fromisoformat(text)
                return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
            case _:
                return text
    except (ValueError, KeyError, InvalidOperation, OverflowError):
        raise WrongUse("hub.value_unreadable", field=field.name, type=field.type, value=text[:40]) from None


def written(frame: pl.DataFrame, form: str) -> bytes:
    """Write rows as they leave.

    Args:
        frame: ``n`` rows.
        form: ndjson, csv or arrow.

    Returns:
        The body. Instants are ISO 8601 in UTC; in CSV a text that a spreadsheet would run is made plain.

    """
    if form == "arrow":
        out = io.BytesIO()
        frame.write_ipc_stream(out)
        return out.getvalue()
    texts = frame.with_columns(
        pl.col(pl.Datetime).dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ"),
        pl.col(pl.Decimal).cast(pl.String),
    )
    if form == "ndjson":
        return texts.write_ndjson().encode()
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(texts.columns)
    for row in texts.iter_rows():
        writer.writerow([f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell for cell in row])
    return sheet.getvalue().encode()
