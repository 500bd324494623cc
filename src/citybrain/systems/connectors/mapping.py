"""Rows as a department writes them become rows of a contract, by the expressions its source declares."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from citybrain.city.contract import Contract
from citybrain.city.expression import Expression
from citybrain.city.names import near
from citybrain.city.system import Source, Unpivot
from citybrain.hub.formats import BrokenLine
from citybrain.kernel.errors import BatchRefused, WrongUse
from citybrain.safeguards.expressions import Compiled, Surroundings, compile_rows
from citybrain.systems.connectors.records import Piece

_ROW = "row number of the file"
_FAILED = "failed: "
_INSTANT = "%Y-%m-%dT%H:%M:%S%.6f+00:00"


@dataclass(frozen=True, slots=True)
class Mapped:
    """Rows of a contract.

    Attributes:
        frame: One text column a contract field.
        rows: Row number in the file of each row.
        broken: Lines that became no row, and rows whose mapping failed on a text field.
        passed_by: Rows meant for another contract.
        unfolded: Whether several rows come from one row of the file and share its number.

    """

    frame: pl.DataFrame
    rows: pl.Series
    broken: tuple[BrokenLine, ...]
    passed_by: int
    unfolded: bool = False


@dataclass(frozen=True, slots=True)
class Mapping:
    """A source's way from raw columns to contract fields, compiled once for a file.

    Attributes:
        source: The source.
        contract: The contract it feeds.
        shift: How far instants and days are moved for a replay; none leaves them.
        lenient: Whether a column that a piece lacks counts as missing values (JSON objects leave keys out).

    """

    source: Source
    contract: Contract
    shift: timedelta | None = None
    lenient: bool = False

    def wanted(self) -> frozenset[str]:
        """Raw columns the mapping reads, after unfolding."""
        if not self.source.rows:
            names = {field.name for field in self.contract.fields}
        else:
            names = {name for expression in self.source.rows.values() for name in expression.names()}
        return frozenset(names | (self.source.only.names() if self.source.only else set()))

    def check(self, columns: Sequence[str]) -> tuple[str, ...]:
        """Check that a file has the columns its source speaks of.

        Args:
            columns: Headings of the file.

        Returns:
            Columns of the file that are not used.

        Raises:
            BatchRefused: A column the mapping needs is not there; the nearest headings are offered.

        """
        kept = set(columns)
        unpivot = self.source.unpivot
        if unpivot is not None:
            self._need(unpivot.keep, columns)
            kept = {*unpivot.keep, unpivot.name_to, unpivot.value_to}
        wanted = self.wanted()
        optional = (
            frozenset[str]()
            if self.source.rows
            else frozenset(item.name for item in self.contract.fields if not item.required)
        )
        needed = wanted - optional
        if not self.lenient:
            self._need(sorted(needed), sorted(kept))
        return tuple(name for name in columns if name not in wanted) if unpivot is None else ()

    def _need(self, names: Sequence[str], columns: Sequence[str]) -> None:
        absent = [name for name in names if name not in columns]
        if absent:
            offered = sorted({other for name in absent for other in near(name, columns)})
            raise BatchRefused("systems.column_missing", columns=absent, near=offered, source=self.source.ref)

    def apply(self, piece: Piece) -> Mapped:
        """Map the rows of a piece.

        Args:
            piece: Raw text columns.

        Returns:
            Rows of the contract, none lost: received = rows + broken + passed by.

        """
        frame = _without_tokens(piece.frame.with_columns(piece.rows.alias(_ROW)), self.source.missing)
        absent = [name for name in self.wanted() if name not in frame.columns] if self.lenient else []
        frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
        if self.source.unpivot is not None:
            frame = _unfolded(frame, self.source.unpivot)
        before = frame.height
        if self.source.only is not None:
            frame = frame.filter(_meant(compile_rows(self.source.only, self._around())))
        mapped, broken = self._mapped(frame)
        return Mapped(
            mapped.drop(_ROW),
            mapped.get_column(_ROW).alias("row"),
            (*piece.broken, *broken),
            before - frame.height,
            unfolded=self.source.unpivot is not None,
        )

    def _around(self) -> Surroundings:
        return Surroundings(zone=self.source.zone or self.contract.zone, tables=self.source.tables)

    def _mapped(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[BrokenLine]]:
        values: list[pl.Expr] = []
        failures: dict[str, Expression] = {}
        for field in self.contract.fields:
            expression = self.source.rows.get(field.name)
            if expression is None:
                same = not self.source.rows and field.name in frame.columns
                values.append((pl.col(field.name) if same else pl.lit(None, pl.String)).alias(field.name))
                continue
            made = compile_rows(expression, self._around())
            values.append(made.value.alias(field.name))
            if made.failed is not None:
                values.append(made.failed.fill_null(value=False).alias(_FAILED + field.name))
                failures[field.name] = expression
        # The row number stands first, so that a mapping of constants alone still has the height of the frame.
        made_frame = self._shifted(frame.select(_ROW, *values))
        return self._with_raw_text(made_frame, frame, failures)

    def _shifted(self, frame: pl.DataFrame) -> pl.DataFrame:
        if self.shift is None or self.source.replay is None:
            return frame
        names = self.source.replay.columns
        for name in names:
            if not frame.schema[name].is_temporal():
                raise WrongUse("systems.replay_needs_time", source=self.source.ref, column=name)
        return frame.with_columns(pl.col(name) + pl.lit(self.shift) for name in names)

    def _with_raw_text(
        self, made: pl.DataFrame, raw: pl.DataFrame, failures: dict[str, Expression]
    ) -> tuple[pl.DataFrame, list[BrokenLine]]:
        """Write values as text; a failed cell keeps what was sent, and on a text field costs its row here."""
        texts = [_as_text(pl.col(name), dtype).alias(name) for name, dtype in made.schema.items() if _is_value(name)]
        text = made.select(_ROW, *texts)
        lost = pl.Series("lost", [False] * made.height, dtype=pl.Boolean)
        for name, expression in failures.items():
            failed = made.get_column(_FAILED + name)
            if not failed.any():
                continue
            sent = raw.select(_sent(expression, raw.columns)).to_series()
            text = text.with_columns(pl.when(failed).then(sent).otherwise(pl.col(name)).alias(name))
            if self.contract.field(name).type == "string":
                lost = lost | failed
        if not lost.any():
            return text, []
        names = [name for name in text.columns if name != _ROW]
        broken = [
            BrokenLine(
                row[0],
                "line_not_mapped",
                ", ".join(f"{key}={value}" for key, value in zip(names, row[1:], strict=True)),
            )
            for row in text.filter(lost).rows()
        ]
        return text.filter(~lost), broken


def _is_value(name: str) -> bool:
    return name != _ROW and not name.startswith(_FAILED)


def _without_tokens(frame: pl.DataFrame, tokens: Sequence[str]) -> pl.DataFrame:
    names = [name for name in frame.columns if name != _ROW]
    return frame.with_columns(pl.when(~pl.col(name).is_in(list(tokens))).then(pl.col(name)) for name in names)


def _unfolded(frame: pl.DataFrame, how: Unpivot) -> pl.DataFrame:
    long = frame.unpivot(
        on=[name for name in frame.columns if name not in {_ROW, *how.keep}],
        index=[_ROW, *how.keep],
        variable_name=how.name_to,
        value_name=how.value_to,
    ).sort(_ROW, maintain_order=True)
    return long.filter(pl.col(how.value_to).is_not_null()) if how.drop_missing else long


def _meant(compiled: Compiled) -> pl.Expr:
    """Keep what is meant for the contract; what cannot be told is kept, so that the gate sees it."""
    if compiled.failed is None:
        return compiled.value
    return compiled.value.fill_null(value=False) | compiled.failed


def _sent(expression: Expression, columns: Sequence[str]) -> pl.Expr:
    names = sorted(expression.names() & set(columns))
    if len(names) == 1:
        return pl.col(names[0])
    return pl.concat_str(
        [pl.format("{}={}", pl.lit(name), pl.col(name).fill_null("")) for name in names], separator=", "
    )


def _as_text(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Datetime):
        return value.dt.strftime(_INSTANT)
    return value.cast(pl.String)
