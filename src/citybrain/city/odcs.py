"""The file form of a contract: Open Data Contract Standard v3.1 with our keys under ``customProperties``."""

from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StrictFloat, StrictInt, StrictStr, model_validator

from citybrain.city.contract import DataClass, Dimension, FieldKind, Mask, Sharing
from citybrain.city.expression import Expression
from citybrain.city.findings import ValueWrong
from citybrain.city.names import (
    Basis,
    ContractRef,
    DepartmentRef,
    DivisionCode,
    Duration,
    FieldName,
    Name,
    Noun,
    Pattern,
    Provenance,
    Share,
)
from citybrain.city.rights import Rights

_KINDS_OF_RULE = ("relation", "codes", "pattern", "unique", "within_box", "age", "reference", "drift")

Bound = StrictInt | StrictFloat | StrictStr


def _as_table(value: Any) -> Any:
    """Turn the standard's list of property/value pairs into one table."""
    if isinstance(value, list) and all(_is_pair(item) for item in value):
        return {item["property"]: item.get("value") for item in value}
    return value


def _is_pair(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("property"), str)


class Standard(Noun):
    """A part of the standard's file: keys of the standard that we do not use are let through."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Implementation(Noun):
    """One of our rules. Exactly one of the kinds is given.

    Attributes:
        field, fields: The field or fields it looks at.
        pattern: Regular expression of ``field``.
        scope: Whether ``unique`` looks at the batch or at the whole log.
        at_most_old, not_after_arrival: Bounds of an age.
        reference_field: Field of the other contract; else the same name.
        by, factor: Period of a drift, and the ratio of medians that is too much.
        on_break: What happens to a row that breaks it.
        refuse_batch_above: Share of broken rows from which the whole delivery is refused.
        rule: Name, unique in the contract.
        relation: Comparison between columns that must hold.
        codes: Allowed values of ``field``.
        unique: Fields that together stand only once; ``*`` means all.
        within_box: west, south, east, north for the two fields of ``fields``.
        age: How old a reading may be at arrival, and that it is not from the future.
        reference: ``contract:…`` and field the value must exist in.
        drift: Field whose median must not jump against the period before.
        same_place: Pair of fields; a share of rows on one value above ``factor`` is suspicious.

    """

    rule: FieldName
    field: FieldName | None = None
    fields: tuple[FieldName, ...] = ()
    relation: Expression | None = None
    codes: tuple[str, ...] = ()
    pattern: Pattern | None = None
    unique: tuple[str, ...] = ()
    scope: Literal["batch", "history"] = "batch"
    within_box: tuple[float, float, float, float] | None = None
    at_most_old: Duration | None = None
    not_after_arrival: Duration | None = None
    reference: ContractRef | None = None
    reference_field: FieldName | None = None
    drift: FieldName | None = None
    by: Literal["hour", "day", "month"] = "day"
    factor: Annotated[float, Field(gt=1)] | None = None
    on_break: Literal["set_aside", "warn"] = "set_aside"
    refuse_batch_above: Share | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Implementation":
        given = [kind for kind in _KINDS_OF_RULE if kind != "age" and getattr(self, kind)]
        if self.at_most_old or self.not_after_arrival is not None:
            given.append("age")
        if len(given) != 1:
            raise ValueWrong("rule_of_one_kind", kinds=_KINDS_OF_RULE, given=given)
        if given[0] in {"codes", "pattern", "age", "reference"} and not self.field:
            raise ValueWrong("rule_without_field", kind=given[0])
        if given[0] == "within_box" and len(self.fields) != 2:
            raise ValueWrong("box_without_fields")
        return self


class RuleWords(Noun):
    """Words of a rule for the provider.

    Attributes:
        say: What the provider reads.

    """

    say: Name | None = None


class Quality(Standard):
    """One quality entry of the standard; only ``engine: citybrain`` is ours to run.

    Attributes:
        type, engine: ``custom`` and ``citybrain`` for our rules.
        dimension: Dimension of GB/T 36344.
        implementation: The rule.
        customProperties: Words for the provider.

    """

    type: str = "library"
    engine: str | None = None
    dimension: Dimension | None = None
    implementation: Implementation | str | None = None
    custom: Annotated[RuleWords, BeforeValidator(_as_table)] = Field(default=RuleWords(), alias="customProperties")


class PropertyOurs(Noun):
    """What we say about a field beyond the standard.

    Attributes:
        title: What people call the field.
        unit: Unit of the value.
        grade: 1 public, 2 general, 3 sensitive, 4 core.
        formats: Formats its text may have; else ISO 8601.
        codes: Allowed values.
        scale: Digits after the point of an exact number.
        kind: What a value says about a person or thing: id_number, phone, name, plate, bank_card, address or email.
        mask: How it leaves the hub: none, partial, token or drop; else its grade decides.
        element: Data element of the standards library it holds, ``<standard>/<element>``.
        on_break, refuse_batch_above: For the rules the field brings along.
        say: What the provider reads.

    """

    title: Name | None = None
    unit: Name | None = None
    grade: Annotated[int, Field(ge=1, le=4)] | None = None
    formats: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    scale: Annotated[int, Field(ge=0, le=18)] | None = None
    kind: FieldKind | None = None
    mask: Mask | None = None
    element: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*/[a-z][a-z0-9_]*$")] | None = None
    on_break: Literal["set_aside", "warn"] = "set_aside"
    say: Name | None = None
    refuse_batch_above: Share | None = None


class TypeOptions(Standard):
    """What the standard lets a field promise about its values.

    Attributes:
        minimum, maximum, exclusiveMinimum, exclusiveMaximum: Bounds, of the field's own type.
        minLength, maxLength: Bounds of the number of characters.
        pattern: Regular expression that a value contains.
        format: Form of a written time.

    """

    minimum: Bound | None = None
    maximum: Bound | None = None
    exclusive_minimum: Bound | None = Field(default=None, alias="exclusiveMinimum")
    exclusive_maximum: Bound | None = Field(default=None, alias="exclusiveMaximum")
    min_length: Annotated[int, Field(ge=0)] | None = Field(default=None, alias="minLength")
    max_length: Annotated[int, Field(ge=0)] | None = Field(default=None, alias="maxLength")
    pattern: Pattern | None = None
    format: str | None = None

    def bounds(self) -> tuple[Bound, ...]:
        """Give the bounds that are set."""
        known = (self.minimum, self.maximum, self.exclusive_minimum, self.exclusive_maximum)
        return tuple(bound for bound in known if bound is not None)


class Property(Standard):
    """A field as the standard writes it.

    Attributes:
        name: Short name.
        logicalType: Type of the values.
        physicalType: Type at the provider; not used.
        required, unique: Promises about its values.
        primaryKey, primaryKeyPosition: Whether it is part of the key, and at which place.
        logicalTypeOptions: Bounds, lengths, pattern, format.
        description: In words.
        tags: ``state_secret`` is refused, ``trade_secret`` is never open.
        customProperties: What we say beyond the standard.

    """

    name: FieldName
    logical_type: Literal["string", "integer", "number", "boolean", "date", "timestamp"] = Field(
        default="string", alias="logicalType"
    )
    physical_type: str | None = Field(default=None, alias="physicalType")
    required: bool = False
    unique: bool = False
    primary_key: bool = Field(default=False, alias="primaryKey")
    primary_key_position: int = Field(default=-1, alias="primaryKeyPosition")
    options: TypeOptions = Field(default=TypeOptions(), alias="logicalTypeOptions")
    description: str = ""
    tags: tuple[str, ...] = ()
    custom: Annotated[PropertyOurs, BeforeValidator(_as_table)] = Field(
        default=PropertyOurs(), alias="customProperties"
    )

    @model_validator(mode="after")
    def _bounds_fit(self) -> "Property":
        for bound in self.options.bounds():
            _hold_bound(bound, self.logical_type)
        return self


def _hold_bound(bound: int | float | str, logical_type: str) -> None:
    """Refuse a bound that no value of the type could be compared with."""
    match logical_type, bound:
        case (("integer" | "number"), int() | float()):
            return
        case (("date" | "timestamp"), str()):
            form = "%Y-%m-%d" if logical_type == "date" else "%Y-%m-%dT%H:%M:%S"
            with suppress(ValueError):
                datetime.strptime(bound, form)  # noqa: DTZ007  read for its form only; the contract names the zone
                return
    raise ValueWrong("bound_unfit", bound=bound, type=logical_type)


class Resource(Standard):
    """The one schema object of our contracts.

    Attributes:
        name: Short name, as in the Ref.
        properties: Its fields.
        quality: Its rules beyond those of the fields.

    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+(@\d+)?$")]
    properties: Annotated[tuple[Property, ...], Field(min_length=1)]
    quality: tuple[Quality, ...] = ()


class Distinct(Noun):
    """Why a resource that looks like another one is not a duplicate (Hangzhou art. 7).

    Attributes:
        contract: The resource it looks like.
        reason: Why it is another one.

    """

    contract: ContractRef
    reason: Name


class Ours(Noun):
    """What we say about a contract beyond the standard.

    Attributes:
        name: What people call it.
        provider, person: Department and person that answer for it.
        basis: Why collecting it is lawful.
        purposes: What it may be used for.
        mode: append, upsert (newest per key) or snapshot (each delivery replaces).
        event_time: Field with the instant or day a row speaks of.
        zone: Reporting zone; days are counted in it.
        cycle, fresh_within: How often it is delivered, and the lateness still promised.
        retention: How long it is kept.
        encoding, missing: Encoding of texts, and texts that mean no value.
        crs: Coordinate system.
        grade: 1 public, 2 general, 3 sensitive, 4 core.
        share, open: How it is shared with departments, and whether it is open to the public; where nothing is said,
            the profile of the provider says how, else on condition.
        share_basis: The law under which it is not shared.
        data_class: core, important or general data.
        subject: Field that names the person a row is about.
        consent: Whether a row may be used only while its person agrees.
        source_class: collected, derived or purchased.
        provenance, place: own, replay, borrowed, simulated or schematic, and where it is truly from.
        sunset: Day on which a resource that is replaced ends.
        division: Code of the division its rows are about (GB/T 2260); else that of the provider.
        partner, rights: With whom it was made, and who holds it by which agreement.
        distinct_from: Resources it looks like, with reasons why it is none of them.

    """

    name: Name
    provider: DepartmentRef
    person: str
    basis: Annotated[tuple[Basis, ...], Field(min_length=1)]
    purposes: Annotated[tuple[str, ...], Field(min_length=1)]
    mode: Literal["append", "upsert", "snapshot"] = "append"
    event_time: FieldName | None = None
    zone: str = "Asia/Shanghai"
    cycle: Duration | None = None
    fresh_within: Duration | None = None
    retention: Duration | None = None
    encoding: str = "utf-8"
    missing: tuple[str, ...] = ("",)
    crs: Literal["CGCS2000", "WGS84", "GCJ02"] | None = None
    grade: Annotated[int, Field(ge=1, le=4)] = 1
    share: Sharing | None = None
    share_basis: Basis | None = None
    data_class: DataClass = "general"
    subject: FieldName | None = None
    consent: bool = False
    open: bool = False
    source_class: Literal["collected", "derived", "purchased"] = "collected"
    provenance: Provenance = "own"
    place: str | None = None
    sunset: str | None = None
    division: DivisionCode | None = None
    partner: Name | None = None
    rights: Rights | None = None
    distinct_from: tuple[Distinct, ...] = ()


class ContractFile(Standard):
    """A contract as it stands in ``contracts/<department>/<resource>.odcs.yaml``.

    Attributes:
        apiVersion, kind: Of the standard.
        id: ``contract:<department>/<resource>``.
        version, status: Of this contract.
        description: ``purpose`` in words.
        schema: One resource.
        customProperties: What we say beyond the standard.
        tags: Words to find it by.

    """

    api_version: Literal["v3.1.0", "v3.1", "v3.2.0", "v3.0.2"] = Field(alias="apiVersion")
    kind: Literal["DataContract"]
    id: ContractRef
    version: str
    status: str
    description: dict[str, Any] = {}
    resources: Annotated[tuple[Resource, ...], Field(min_length=1, max_length=1)] = Field(alias="schema")
    ours: Annotated[Ours, BeforeValidator(_as_table)] = Field(alias="customProperties")
    tags: tuple[str, ...] = ()
