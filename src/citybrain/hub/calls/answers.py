"""Answers of services, cut to what is granted and masked: what no granted field names does not leave."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import polars as pl

from citybrain.city.contract import FieldKind, Mask
from citybrain.city.service import AnswerField, Operation
from citybrain.safeguards.masking import mask, mask_of

Slot = tuple[Any, str | int, Any]


def masks_of(fields: Iterable[AnswerField], clear: Iterable[str], purpose: str) -> dict[str, Mask]:
    """Tell how granted fields leave.

    Args:
        fields: The granted fields.
        clear: Names of those the provider lets out as they are.
        purpose: What for.

    Returns:
        Mask by name, for the fields that are covered.

    """
    covered = {field.name: mask_of(field.as_field(), purpose) for field in fields}
    return {name: how for name, how in covered.items() if how != "none" and name not in set(clear)}


@dataclass(frozen=True, slots=True)
class Cut:
    """How answers are cut.

    Attributes:
        granted: Granted fields by their key in the answer.
        withheld: Keys of the operation's other fields.
        masks: How granted fields are covered, by name.
        key: Key of the purpose.

    """

    granted: Mapping[str, AnswerField]
    withheld: frozenset[str]
    masks: Mapping[str, Mask]
    key: bytes

    @classmethod
    def of(cls, operation: Operation, granted: Iterable[str], masks: Mapping[str, Mask], key: bytes) -> "Cut":
        """Make the cut of an operation's answers.

        Args:
            operation: What was called.
            granted: Names of the granted fields.
            masks: How they are covered.
            key: Key of the purpose.

        """
        names = set(granted)
        known = {field.said_as: field for field in operation.fields if field.name in names}
        return cls(known, frozenset(field.said_as for field in operation.fields) - known.keys(), masks, key)


def cut(value: Any, how: Cut) -> Any:
    """Cut an answer to the granted fields and cover their values.

    Args:
        value: What the provider answered, as plain data.
        how: What is granted, and how it is covered.

    Returns:
        The same shape with granted keys alone. Lists and tables that only hold others stay as far as something in
        them is granted; what lies inside a granted field leaves with it, other fields of the operation excepted; a
        covered field that is no single value is nothing.

    Source:
        Hangzhou art. 13.

    """
    slots: dict[str, list[Slot]] = {}
    kept = _kept(value, how, slots, inside=False)
    kinds = {field.name: field.kind for field in how.granted.values()}
    for name, found in slots.items():
        _cover(found, name, kinds[name], how.masks[name], how.key)
    return kept


def _kept(value: Any, how: Cut, slots: dict[str, list[Slot]], *, inside: bool) -> Any:
    if isinstance(value, dict):
        found: dict[str, Any] = {}
        for name, inner in value.items():
            field = how.granted.get(name)
            if field is not None and field.name in how.masks:
                found[name] = None
                slots.setdefault(field.name, []).append((found, name, inner))
            elif field is not None:
                found[name] = _kept(inner, how, slots, inside=True)
            elif name not in how.withheld and (inside or isinstance(inner, (dict, list))):
                part = _kept(inner, how, slots, inside=inside)
                if inside or part not in ({}, []) or inner in ({}, []):
                    found[name] = part
        return found
    if isinstance(value, list):
        among = value if inside else [item for item in value if isinstance(item, (dict, list))]
        return [_kept(item, how, slots, inside=inside) for item in among]
    return value if inside else None


def _cover(slots: list[Slot], name: str, kind: FieldKind | None, how: Mask, key: bytes) -> None:
    """Cover values in place; numbers behind a token are digested as their text, everything else but text is nothing."""
    texts = [_text(value, how) for _, _, value in slots]
    shown = mask(pl.DataFrame({name: pl.Series(texts, dtype=pl.String)}), {name: how}, {name: kind}, key)
    for (holder, place, _), covered in zip(slots, shown.get_column(name).to_list(), strict=True):
        holder[place] = covered


def _text(value: Any, how: Mask) -> str | None:
    if isinstance(value, str):
        return value
    whole = isinstance(value, int | float) and not isinstance(value, bool)
    return orjson.dumps(value).decode() if how == "token" and whole else None


def cut_lines(lines: Iterable[bytes], how: Cut, at_once: int = 500) -> Iterator[bytes]:
    """Cut an answer of JSON lines, a few lines at a time.

    Args:
        lines: One JSON value each.
        how: What is granted, and how it is covered.
        at_once: Lines held at once.

    Yields:
        The lines that leave.

    Raises:
        ValueError: A line is no JSON.

    """
    held: list[Any] = []
    for line in lines:
        if line.strip():
            held.append(orjson.loads(line))
        if len(held) >= at_once:
            yield from _written(cut(held, how))
            held = []
    yield from _written(cut(held, how))


def _written(values: list[Any]) -> Iterator[bytes]:
    for value in values:
        yield orjson.dumps(value) + b"\n"
