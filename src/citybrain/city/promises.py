"""Promises: a contract file of the standard as the contract the house works with (Hangzhou art. 13, 15)."""

from collections.abc import Iterator
from typing import Any

from citybrain.city.contract import Contract, Dimension, FieldType, Rule
from citybrain.city.contract import Field as ContractField
from citybrain.city.names import Name
from citybrain.city.odcs import ContractFile, Implementation, Property, Quality, Resource


def contract_of(file: ContractFile) -> Contract:
    """Return the contract a file declares.

    Args:
        file: As read.

    Source:
        Hangzhou art. 15 (谁提供，谁负责).

    """
    ours, resource = file.ours, file.resources[0]
    return Contract(
        ref=file.id,
        version=file.version,
        status=file.status,
        name=ours.name,
        description=str(file.description.get("purpose", "")),
        provider=ours.provider,
        person=ours.person,
        basis=ours.basis,
        purposes=ours.purposes,
        fields=tuple(_field(item, index) for index, item in enumerate(resource.properties, 1)),
        rules=(*_built_in_rules(resource), *(_rule(item) for item in resource.quality if _is_ours(item))),
        mode=ours.mode,
        zone=ours.zone,
        event_time=ours.event_time,
        cycle=ours.cycle,
        fresh_within=ours.fresh_within,
        retention=ours.retention,
        encoding=ours.encoding,
        missing=ours.missing,
        crs=ours.crs,
        grade=max([ours.grade, *(item.custom.grade or 1 for item in resource.properties)]),
        share=ours.share or "conditional",
        share_said=ours.share is not None,
        division=ours.division,
        partner=ours.partner,
        rights=ours.rights,
        share_basis=ours.share_basis,
        data_class=ours.data_class,
        subject=ours.subject,
        consent=ours.consent,
        open=ours.open,
        source_class=ours.source_class,
        provenance=ours.provenance,
        place=ours.place,
        sunset=ours.sunset,
        distinct_from=tuple(item.contract for item in ours.distinct_from),
        tags=file.tags,
    )


def _is_ours(quality: Quality) -> bool:
    return quality.engine == "citybrain" and isinstance(quality.implementation, Implementation)


def _field(item: Property, index: int) -> ContractField:
    type_: FieldType = item.logical_type
    if item.logical_type == "number" and item.custom.scale is not None:
        type_ = "decimal"
    title = item.custom.title or Name(zh=item.name, en=item.name)
    key = (item.primary_key_position if item.primary_key_position > 0 else index) if item.primary_key else None
    formats = item.custom.formats or (
        (item.options.format,) if item.options.format and "%" in item.options.format else ()
    )
    return ContractField(
        name=item.name,
        title=title,
        type=type_,
        required=item.required or item.primary_key,
        key=key,
        unit=item.custom.unit,
        grade=item.custom.grade or 1,
        formats=formats,
        scale=item.custom.scale,
        kind=item.custom.kind,
        mask=item.custom.mask,
        tags=item.tags,
        element=item.custom.element,
    )


def _built_in_rules(resource: Resource) -> list[Rule]:
    return [rule for item in resource.properties for rule in _rules_of(item)]


def _rules_of(item: Property) -> Iterator[Rule]:
    """Yield the rules that the standard's own keys of a field declare."""
    ours, options = item.custom, item.options

    def rule(kind: str, dimension: Dimension, **more: Any) -> Rule:
        name, on_break = f"{item.name}_{kind}", ours.on_break
        share = ours.refuse_batch_above
        return Rule(name, kind, dimension, (item.name,), on_break=on_break, refuse_above=share, say=ours.say, **more)

    yield rule("type", "conformity")
    if item.required or item.primary_key:
        yield rule("required", "completeness")
    if options.bounds():
        low = options.exclusive_minimum if options.minimum is None else options.minimum
        high = options.exclusive_maximum if options.maximum is None else options.maximum
        exclusive_low = options.minimum is None and low is not None
        exclusive_high = options.maximum is None and high is not None
        ends = {"exclusive_low": exclusive_low, "exclusive_high": exclusive_high}
        yield rule("range", "accuracy", low=low, high=high, **ends)
    if options.min_length is not None or options.max_length is not None:
        yield rule("length", "conformity", low=options.min_length, high=options.max_length)
    if options.pattern is not None:
        yield rule("pattern", "conformity", pattern=options.pattern)
    if ours.codes:
        yield rule("codes", "conformity", codes=ours.codes)
    if item.unique:
        yield rule("unique", "uniqueness")


_DEFAULT_DIMENSION: dict[str, Dimension] = {
    "relation": "accuracy",
    "codes": "conformity",
    "pattern": "conformity",
    "unique": "uniqueness",
    "box": "accuracy",
    "age": "timeliness",
    "reference": "consistency",
    "drift": "consistency",
}


def _rule(quality: Quality) -> Rule:
    made = quality.implementation
    if not isinstance(made, Implementation):
        msg = "only rules of this engine are turned into promises"
        raise TypeError(msg)
    kind, fields, more = _kind_of(made)
    return Rule(
        name=made.rule,
        kind=kind,
        dimension=quality.dimension or _DEFAULT_DIMENSION[kind],
        fields=fields,
        on_break="warn" if kind == "drift" else made.on_break,
        refuse_above=made.refuse_batch_above,
        say=quality.custom.say,
        **more,
    )


def _kind_of(made: Implementation) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    field = (made.field,) if made.field else ()
    if made.relation is not None:
        return "relation", tuple(sorted(made.relation.names())), {"relation": made.relation}
    if made.codes:
        return "codes", field, {"codes": made.codes}
    if made.pattern:
        return "pattern", field, {"pattern": made.pattern}
    if made.unique:
        return "unique", made.unique, {"scope": made.scope}
    if made.within_box:
        return "box", made.fields, {"box": made.within_box}
    if made.reference:
        return "reference", field, {"to": made.reference, "to_field": made.reference_field or made.field}
    if made.drift:
        return "drift", (made.drift,), {"by": made.by, "factor": made.factor or 5.0}
    return "age", field, {"high": made.at_most_old, "low": made.not_after_arrival}
