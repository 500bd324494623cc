"""JSON Schemas of the kinds of city files, made from the nouns themselves, for editors and tests (Hangzhou art. 6)."""

import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import BaseModel

from citybrain.blueprint.load import KINDS
from citybrain.city import odcs

DIALECT = "https://json-schema.org/draft/2020-12/schema"
CONTRACT = "contract"
# Parts of a contract that stand as the standard's list of property/value pairs.
_PAIRED = {model.__name__: model for model in (odcs.Ours, odcs.PropertyOurs, odcs.RuleWords)}
_ENTRY = re.compile(r"^ {4}(?P<names>\w+(?:, \w+)*): (?P<said>.*(?:\n {5,}\S.*)*)", re.MULTILINE)

Schema = dict[str, Any]


def kinds() -> Mapping[str, type[BaseModel]]:
    """Return the model of each kind of file, contracts included."""
    return {**KINDS, CONTRACT: odcs.ContractFile}


def schema_of(kind: str) -> Schema:
    """Make the JSON Schema of a kind of file.

    Args:
        kind: city, department, system, source, contract, grant, model, indicator, cockpit or scenario.

    Returns:
        A schema of draft 2020-12; descriptions are those of the nouns.

    Raises:
        KeyError: No such kind.

    Examples:
        >>> sorted(schema_of("grant")["required"])
        ['basis', 'fields', 'from', 'grant', 'purpose', 'to', 'until']

    """
    model = kinds()[kind]
    made = model.model_json_schema(by_alias=True, mode="validation")
    parts: dict[str, Schema] = made.pop("$defs", {})
    models = {item.__name__: item for item in _models_in(model)}
    parts = {name: _described(part, models.get(name)) for name, part in parts.items()}
    for name in _PAIRED.keys() & parts.keys():
        parts[name] = _as_pairs(parts[name])
    schema = {"$schema": DIALECT, "$id": f"{kind}.schema.json", **_described(made, model)}
    shape: Schema = _plainer({**schema, "$defs": parts} if parts else schema)
    return shape


def every_schema() -> dict[str, Schema]:
    """Make the schemas of all kinds, by kind."""
    return {kind: schema_of(kind) for kind in kinds()}


def attributes_of(model: type[Any]) -> dict[str, str]:
    """Read what the docstring of a noun says about each of its attributes.

    Args:
        model: Any class with a docstring in the house's style.

    Returns:
        Attribute to sentence.

    Examples:
        >>> attributes_of(odcs.Implementation)["rule"]
        'Name, unique in the contract.'

    """
    _, _, listed = (inspect.getdoc(model) or "").partition("Attributes:\n")
    found: dict[str, str] = {}
    for entry in _ENTRY.finditer(listed):
        said = " ".join(textwrap.dedent(entry["said"]).split())
        found |= {name.rstrip("_"): said for name in entry["names"].split(", ")}
    return found


def summary_of(model: type[Any]) -> str:
    """Read the first sentence of a noun's docstring.

    Args:
        model: Any class.

    """
    return (inspect.getdoc(model) or "").partition("\n\n")[0].replace("\n", " ")


def _models_in(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Walk a model and the models of its fields, each once."""
    seen: set[type[BaseModel]] = set()
    todo: list[Any] = [model]
    while todo:
        found = todo.pop()
        if isinstance(found, type) and issubclass(found, BaseModel):
            if found not in seen:
                seen.add(found)
                yield found
                todo += [field.annotation for field in found.model_fields.values()]
                todo += [extra for field in found.model_fields.values() for extra in field.metadata]
        else:
            todo += getattr(found, "__args__", ())


def _described(part: Schema, model: type[BaseModel] | None) -> Schema:
    if model is None:
        return part
    said = attributes_of(model)
    properties = {
        name: {
            **shape,
            **({"description": told} if (told := said.get(name, said.get(_attribute(model, name)))) else {}),
        }
        for name, shape in part.get("properties", {}).items()
    }
    return {**part, "description": summary_of(model), **({"properties": properties} if properties else {})}


def _attribute(model: type[BaseModel], written: str) -> str:
    return next((name.rstrip("_") for name, info in model.model_fields.items() if info.alias == written), written)


def _as_pairs(part: Schema) -> Schema:
    """Turn a table into the standard's list of ``{property, value}``, each value judged by its property."""
    shapes: Mapping[str, Schema] = part.get("properties", {})
    pair = {
        "type": "object",
        "required": ["property", "value"],
        "properties": {"property": {"enum": list(shapes)}, "value": {}},
        "allOf": [
            {"if": {"properties": {"property": {"const": name}}}, "then": {"properties": {"value": shape}}}
            for name, shape in shapes.items()
        ],
    }
    needed = [
        {"contains": {"type": "object", "properties": {"property": {"const": name}}, "required": ["property"]}}
        for name in part.get("required", [])
    ]
    return {
        "description": part.get("description", ""),
        "type": "array",
        "items": pair,
        **({"allOf": needed} if needed else {}),
    }


def _plainer(node: Any) -> Any:
    """Leave out titles that only repeat a key, and nulls that nobody writes."""
    if isinstance(node, list):
        return [_plainer(item) for item in node]
    if not isinstance(node, dict):
        return node
    table = cast("Schema", node)
    options = [item for item in table.get("anyOf", []) if item != {"type": "null"}]
    if len(options) == 1 and len(options) < len(table["anyOf"]):
        table = {**options[0], **{key: value for key, value in table.items() if key != "anyOf"}}
    return {
        key: {name: _plainer(shape) for name, shape in value.items()}
        if key in {"properties", "$defs"}
        else _plainer(value)
        for key, value in table.items()
        if not (key == "title" and isinstance(value, str)) and not (key == "default" and value is None)
    }
