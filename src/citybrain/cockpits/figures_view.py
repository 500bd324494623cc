"""The figures of a cockpit as plain display values: tiles, fields, links, states."""

from dataclasses import dataclass
from typing import ClassVar, Literal

State = Literal["ok", "warn", "alarm", "stale", "none", "lock", "todo"]
Provenance = Literal["replay", "borrowed", "simulated", "schematic"]


@dataclass(frozen=True, slots=True)
class Link:
    """A place to go.

    Attributes:
        text: What the reader sees, in the page's language.
        href: Path inside this site; empty where there is nothing to open.
        current: The reader is there.

    """

    text: str
    href: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class FieldCount:
    """One of the six fields of the law with the states of its indicators.

    Attributes:
        name: Name of the field in the page's language.
        ok: Indicators in order.
        warn: Indicators past a warning threshold.
        alarm: Indicators past an alarm threshold.
        stale: Indicators older than their contract promises.
        none: Indicators without a value.
        href: The cockpit filtered to this field.
        current: The cockpit is filtered to this field.

    """

    name: str
    ok: int = 0
    warn: int = 0
    alarm: int = 0
    stale: int = 0
    none: int = 0
    href: str = ""
    current: bool = False

    @property
    def total(self) -> int:
        """Count all indicators of the field."""
        return self.ok + self.warn + self.alarm + self.stale + self.none


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure with its doubt beside it.

    Attributes:
        id: Stable DOM id, ASCII letters, digits and hyphens.
        name: Name of the indicator.
        value: The last figure; None where there is none.
        unit: Unit as printed after the figure.
        state: Colour, shape and word of the tile.
        decimals: Digits after the point.
        provenance: Words for data that is not this city's own live data.
        href: The indicator's page.
        history: Past values in time order for the small line; empty draws none.
        lead: The comparison that matters ("较前四日同刻 +1.1%").
        rest: What else belongs to the comparison, dim.
        field: Name of the law's field.
        source: Department that provides the data.
        as_of: Time of the figure as printed ("18:30", "11-19", "年度").
        quality: Quality grade of the data behind it ("A").
        late_minutes: How late the data is, when ``state`` is ``stale``.
        promised_minutes: What the contract promises, when ``state`` is ``stale``.
        note: One more word for the last line ("全市值", "已催报").

    """

    kind: ClassVar[str] = "tile"

    id: str
    name: str
    value: float | None
    unit: str
    state: State
    decimals: int = 0
    provenance: tuple[Provenance, ...] = ()
    href: str = ""
    history: tuple[float | None, ...] = ()
    lead: str = ""
    rest: str = ""
    field: str = ""
    source: str = ""
    as_of: str = ""
    quality: str = ""
    late_minutes: int | None = None
    promised_minutes: int | None = None
    note: str = ""
