"""The data contract (数据契约).

Who answers for a resource, on what basis, and what its rows must be (Hangzhou art. 13, 15).


Files are Open Data Contract Standard v3.1; what the standard has no word for stands under ``customProperties``. Here
is the contract as the house uses it; :mod:`citybrain.city.odcs` and :mod:`citybrain.city.promises` read the file form.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from citybrain.city.expression import Expression
from citybrain.city.names import Basis, Name, Provenance
from citybrain.city.rights import Rights

FieldType = Literal["string", "integer", "number", "decimal", "boolean", "date", "timestamp"]
Dimension = Literal[
    "conformity", "completeness", "accuracy", "consistency", "timeliness", "uniqueness", "coverage", "accessibility"
]
OnBreak = Literal["set_aside", "warn"]
Mode = Literal["append", "upsert", "snapshot"]
Sharing = Literal["unconditional", "conditional", "none"]
DataClass = Literal["core", "important", "general"]
FieldKind = Literal["id_number", "phone", "name", "plate", "bank_card", "address", "email"]
Mask = Literal["none", "partial", "token", "drop"]

# The law's four aspects, and which dimension of GB/T 36344 counts under which.
LAW_ASPECTS: dict[str, tuple[str, ...]] = {
    "legality": (),
    "validity": ("conformity", "completeness", "uniqueness", "coverage"),
    "accuracy": ("accuracy", "consistency"),
    "timeliness": ("timeliness", "accessibility"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One promise about the rows, with what happens when a row breaks it.

    Attributes:
        name: Unique in the contract.
        kind: type, required, range, codes, pattern, length, unique, relation, box, age, reference or drift.
        dimension: Dimension of GB/T 36344 it counts under.
        fields: Fields it looks at, in order.
        on_break: Set the row aside, or only warn.
        refuse_above: Share of broken rows from which the whole batch is refused; none means never.
        say: Words for the provider.
        low, high: Bounds of a range, length or age.
        options: What only this kind needs.

    """

    name: str
    kind: str
    dimension: Dimension
    fields: tuple[str, ...]
    on_break: OnBreak = "set_aside"
    refuse_above: float | None = None
    say: Name | None = None
    relation: Expression | None = None
    codes: tuple[str, ...] = ()
    pattern: str | None = None
    low: float | str | timedelta | None = None
    high: float | str | timedelta | None = None
    exclusive_low: bool = False
    exclusive_high: bool = False
    box: tuple[float, float, float, float] | None = None
    scope: Literal["batch", "history"] = "batch"
    to: str | None = None
    to_field: str | None = None
    by: Literal["hour", "day", "month"] | None = None
    factor: float | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a contract.

    Attributes:
        grade: 1 public, 2 general, 3 sensitive, 4 core.
        formats: Formats a text may have; none means ISO 8601.
        kind: What a value says about a person or thing, where it does: decides how a partial mask covers it.
        mask: How it leaves the hub; none leaves it to the grade.
        element: Data element of the standards library it holds, ``<standard>/<element>``.
        tags: Words of the file; ``state_secret`` is refused, ``trade_secret`` is never open.

    """

    name: str
    title: Name
    type: FieldType
    required: bool = False
    key: int | None = None
    unit: Name | None = None
    grade: int = 1
    formats: tuple[str, ...] = ()
    scale: int | None = None
    kind: FieldKind | None = None
    mask: Mask | None = None
    tags: tuple[str, ...] = ()
    element: str | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """A resource and the promises about it.

    Attributes:
        ref: ``contract:<department>/<resource>``.
        mode: ``append``, ``upsert`` (latest by event time per key) or ``snapshot`` (each delivery replaces).
        event_time: Field with the instant or day a row speaks of; none where rows have no time.
        zone: Reporting zone; days are counted in it.
        cycle: How often something is delivered.
        fresh_within: Lateness that is still promised.
        missing: Texts that mean "no value".
        provenance: own, replay, borrowed, simulated or schematic.
        share, share_basis: How it is shared with departments; what is not shared names the law that says so.
        data_class: core, important or general data (GB/T 43697).
        subject: Field that names the person a row is about; none where rows are about no person.
        consent: Whether a row may be used only while its person agrees.
        share_said: Whether its file says how it is shared; else the profile of its provider does.
        own_domain: Whether its provider alone administers it, as a court does; nobody who runs the hub.
        division: Code of the division its rows are about; none takes that of its provider.
        partner: With whom it was made; it then has rights.
        rights: Who holds what was made with a partner.

    """

    ref: str
    version: str
    status: str
    name: Name
    description: str
    provider: str
    person: str
    basis: tuple[Basis, ...]
    purposes: tuple[str, ...]
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...]
    mode: Mode
    zone: str
    event_time: str | None = None
    cycle: timedelta | None = None
    fresh_within: timedelta | None = None
    retention: timedelta | None = None
    encoding: str = "utf-8"
    missing: tuple[str, ...] = ("",)
    crs: str | None = None
    grade: int = 1
    share: Sharing = "conditional"
    share_basis: Basis | None = None
    data_class: DataClass = "general"
    subject: str | None = None
    consent: bool = False
    open: bool = False
    source_class: Literal["collected", "derived", "purchased"] = "collected"
    provenance: Provenance = "own"
    place: str | None = None
    sunset: str | None = None
    distinct_from: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    share_said: bool = True
    own_domain: bool = False
    division: str | None = None
    partner: Name | None = None
    rights: Rights | None = None

    @property
    def department(self) -> str:
        """Short name of the department in the ref."""
        return self.ref.removeprefix("contract:").split("/")[0]

    @property
    def resource(self) -> str:
        """Short name of the resource in the ref."""
        return self.ref.split("/", 1)[1]

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the key fields in their order."""
        keyed = [(item.key, item.name) for item in self.fields if item.key is not None]
        return tuple(name for _, name in sorted(keyed))

    def field(self, name: str) -> Field:
        """Find a field.

        Raises:
            KeyError: No such field.

        """
        for item in self.fields:
            if item.name == name:
                return item
        raise KeyError(name)
