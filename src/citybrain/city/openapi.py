"""What an OpenAPI document says about a service: its operations, their paths, and the examples it gives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_DEPTH = 16


@dataclass(frozen=True, slots=True)
class Route:
    """An operation of a document.

    Attributes:
        operation: Its operationId.
        method: In capitals.
        template: Path with places, such as ``/permits/{number}``.
        said: What the document says about it.

    """

    operation: str
    method: str
    template: str
    said: Mapping[str, Any]

    def fits(self, method: str, segments: tuple[str, ...]) -> bool:
        """Tell whether a request is for this operation.

        Args:
            method: In capitals.
            segments: Parts of the path, decoded.

        """
        parts = tuple(part for part in self.template.split("/") if part)
        if method != self.method or len(parts) != len(segments):
            return False
        pairs = zip(parts, segments, strict=True)
        return all(part == given or (part[:1] == "{" and part[-1:] == "}" and given != "") for part, given in pairs)


def routes(document: Mapping[str, Any]) -> Iterator[Route]:
    """Yield the operations of a document that have a name; fixed paths before paths with places.

    Args:
        document: An OpenAPI document as plain data.

    """
    paths = document.get("paths")
    for template in sorted(paths if isinstance(paths, Mapping) else (), key=lambda path: (path.count("{"), path)):
        item = paths[template] if isinstance(paths, Mapping) else {}
        for method in METHODS:
            said = item.get(method) if isinstance(item, Mapping) else None
            if isinstance(said, Mapping) and isinstance(said.get("operationId"), str):
                yield Route(said["operationId"], method.upper(), template, said)


def find(document: Mapping[str, Any], method: str, segments: tuple[str, ...]) -> Route | None:
    """Find the operation a request is for.

    Args:
        document: An OpenAPI document as plain data.
        method: In capitals.
        segments: Parts of the path, decoded.

    """
    return next((route for route in routes(document) if route.fits(method, segments)), None)


def resolved(document: Mapping[str, Any], node: Any, depth: int = 0) -> Any:
    """Follow a reference inside the document.

    Args:
        document: An OpenAPI document as plain data.
        node: Any part of it.
        depth: References followed so far.

    Returns:
        What the reference leads to; nothing where it leads nowhere.

    """
    if not isinstance(node, Mapping) or "$ref" not in node:
        return node
    target: Any = document
    for part in str(node["$ref"]).removeprefix("#/").split("/"):
        target = target.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(target, Mapping) else None
    return resolved(document, target, depth + 1) if depth < _DEPTH else None


def example_answer(document: Mapping[str, Any], route: Route) -> tuple[int, str, Any] | None:
    """Return the example of an operation's first good answer.

    Args:
        document: The document.
        route: One of its operations.

    Returns:
        Status, media type and value; none where the document gives no example.

    """
    answers = route.said.get("responses")
    for status in sorted(answers if isinstance(answers, Mapping) else ()):
        if str(status).startswith("2") and isinstance(answers, Mapping):
            answer = resolved(document, answers[status])
            for media, content in ((answer or {}).get("content") or {}).items():
                found, value = _example(document, content)
                if found:
                    return int(status), str(media), value
            if not (answer or {}).get("content"):
                return int(status), "", None
    return None


def _example(document: Mapping[str, Any], content: Any) -> tuple[bool, Any]:
    if not isinstance(content, Mapping):
        return False, None
    if "example" in content:
        return True, content["example"]
    for item in (content.get("examples") or {}).values():
        said = resolved(document, item)
        if isinstance(said, Mapping) and "value" in said:
            return True, said["value"]
    schema = resolved(document, content.get("schema"))
    if isinstance(schema, Mapping) and "example" in schema:
        return True, schema["example"]
    return False, None
