"""What pydantic finds wrong in a file, as findings: one for each place, however many readings of it were tried."""

from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from citybrain.blueprint.expectations import Said, expectation, in_both, shown
from citybrain.blueprint.files import Document
from citybrain.city.findings import Finding
from citybrain.city.names import near
from citybrain.kernel.messages import LANGUAGES

Path = tuple[str | int, ...]

_CHOICES = {"literal_error", "enum"}


def findings_of(error: ValidationError, document: Document, model: type[BaseModel] | None) -> Iterator[Finding]:
    """Put what is wrong with a file into findings.

    Args:
        error: What the nouns refused.
        document: The file.
        model: Noun of the whole file, to offer keys that look like an unknown one.

    Yields:
        A finding for each place, in words of both languages.

    """
    places = _by_place(error.errors(include_url=False), document)
    for (path, _), problems in places.items():
        left = problems
        if any(_inside(other, path) for other, _ in places):
            # a list is short, or another reading was tried, only because of what is wrong inside
            left = [item for item in problems if not _wrong_shape(item) and item["type"] != "too_short"]
        if left:
            yield _finding(path, left, document, model)


def _by_place(errors: Sequence[ErrorDetails], document: Document) -> dict[tuple[Path, bool], list[ErrorDetails]]:
    """Gather problems by where they stand in the file, a key apart from its value."""
    places: dict[tuple[Path, bool], list[ErrorDetails]] = {}
    for problem in errors:
        place = problem["loc"]
        path = (*document.written(place[:-1]), place[-1]) if _key_missing(problem) else document.written(place)
        places.setdefault((path, place[-1:] == ("[key]",)), []).append(problem)
    return places


def _inside(place: Path, outer: Path) -> bool:
    return len(place) > len(outer) and place[: len(outer)] == outer


def _key_missing(problem: ErrorDetails) -> bool:
    return problem["type"] == "missing" and isinstance(problem["loc"][-1], str)


def _wrong_shape(problem: ErrorDetails) -> bool:
    return problem["type"].endswith("_type") or problem["type"] == "is_instance_of"


def _finding(
    path: Path, problems: Sequence[ErrorDetails], document: Document, model: type[BaseModel] | None
) -> Finding:
    first, name = problems[0], ".".join(str(part) for part in path)
    if first["type"] == "extra_forbidden":
        known = _known_keys(model, path[:-1])
        return Finding("blueprint.key_unknown", document.file, path, {"key": name, "near": near(str(path[-1]), known)})
    if _key_missing(first):
        return Finding("blueprint.key_missing", document.file, path, {"key": name})
    key, value = name or in_both("declaration"), first["input"]
    # that a table stands there is news only where something else was expected
    telling = _wrong_shape(first) or not isinstance(value, (dict, list))
    written = in_both("written", key=key, value=shown(value)) if telling else key
    params = {"written": written, "problem": _expected(problems)}
    return Finding("blueprint.value_wrong", document.file, path, params)


def _expected(problems: Sequence[ErrorDetails]) -> Said:
    """Join what each reading of a value would have needed."""
    said, between = [expectation(item) for item in _telling(problems)], in_both("or")
    return {language: between[language].join(dict.fromkeys(item[language] for item in said)) for language in LANGUAGES}


def _telling(problems: Sequence[ErrorDetails]) -> Sequence[ErrorDetails]:
    """Leave out what says nothing beside the rest."""
    kinds = {item["type"] for item in problems}
    if "missing" in kinds:  # items of a list: the last one tells how many there have to be
        return [item for item in problems if item["type"] == "missing"][-1:]
    if any(not _wrong_shape(item) and item["type"] not in _CHOICES for item in problems):
        return [item for item in problems if not _wrong_shape(item)]  # one reading got further than the shape
    idle = {"is_instance_of"} | ({"int_type"} if "float_type" in kinds else set())
    return [item for item in problems if item["type"] not in idle] or problems


def _known_keys(model: type[BaseModel] | None, path: Path) -> list[str]:
    for part in path:
        if model is None or not isinstance(part, str):
            continue
        info = model.model_fields.get(part)
        annotation = info.annotation if info else None
        model = annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
    if model is None:
        return []
    return [info.alias or name for name, info in model.model_fields.items()]
