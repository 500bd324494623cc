"""Write docs/reference from the code: what is public is said once, where it stands, and the pages follow."""

import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import click
import polars as pl
from litestar.handlers import HTTPRouteHandler

from citybrain.blueprint.schema import every_schema
from citybrain.city.expression import MEASURE_FUNCTIONS, ROW_FUNCTIONS, Expression
from citybrain.cli import main as command
from citybrain.insight.engines import compiling
from citybrain.kernel.messages import words
from citybrain.kernel.settings import Settings
from citybrain.safeguards.expressions import Surroundings, compile_rows
from citybrain.web.app import make_app
from citybrain.web.routes import all_routes

REPOSITORY = Path(__file__).parent.parent
TARGET = REPOSITORY / "docs" / "reference"
SAID = tomllib.loads((Path(__file__).parent / "reference.toml").read_text(encoding="utf-8"))
_ACT = re.compile(r'"([a-z]+:[a-z_]+:[a-z_]+)"')
_MARK = "<!-- Written by scripts/reference.py (make docs); do not edit by hand. -->\n"


def settings_page() -> str:
    """Write the page of settings."""
    lines = [
        "# Settings\n",
        SAID["intro"]["settings"],
        "| variable | in citybrain.toml | default | what it is |",
        "|---|---|---|---|",
    ]
    for name, info in Settings.model_fields.items():
        default = "—" if info.default is None or info.default_factory else f"`{info.default}`"
        if name == "home":
            default = "`$XDG_DATA_HOME/citybrain`; as root `/var/lib/citybrain`"
        lines.append(f"| `CITYBRAIN_{name.upper()}` | `{name}` | {default} | {info.description} |")
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    """Write the page of the command line."""
    lines = [
        "# Command line\n",
        SAID["intro"]["commands"],
    ]
    context = click.Context(command, info_name="citybrain")
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        if found is not None:
            lines += _command(found, click.Context(found, info_name=name, parent=context))
    return "\n".join(lines)


def _command(found: click.Command, context: click.Context) -> Iterator[str]:
    if isinstance(found, click.Group):
        for name in found.list_commands(context):
            inner = found.get_command(context, name)
            if inner is not None:
                yield from _command(inner, click.Context(inner, info_name=name, parent=context))
        return
    yield f"## `{context.command_path}`\n\n{' '.join((found.help or '').split())}\n"
    yield "```text"
    yield f"{context.command_path} {' '.join(found.collect_usage_pieces(context))}"
    yield "```\n"
    options = [item for item in found.params if isinstance(item, click.Option)]
    if options:
        yield "| option | what it does |"
        yield "|---|---|"
        yield from (f"| `{' / '.join((*item.opts, *item.secondary_opts))}` | {item.help or ''} |" for item in options)
        yield ""


def errors_page() -> str:
    """Write the page of errors."""
    chinese, english = words("zh"), words("en")
    lines = [
        "# Errors\n",
        SAID["intro"]["errors"],
        "| code | 中文 | English | what to do |",
        "|---|---|---|---|",
    ]
    for code in sorted(chinese):
        if isinstance(chinese[code], Mapping) and "title" in chinese[code]:
            said, other = chinese[code], english[code]
            steps = "; ".join(other.get("next", []))
            detail = f"{said['title']}：{said['detail']}" if said.get("detail") else said["title"]
            told = f"{other['title']}: {other['detail']}" if other.get("detail") else other["title"]
            lines.append(f"| `{code}` | {_cell(detail)} | {_cell(told)} | {_cell(steps)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def routes_page() -> str:
    """Write the page of HTTP routes."""
    nothing: Callable[[], None] = lambda: None  # noqa: E731
    app = make_app(cast("Any", None), all_routes(), lambda *_: None, {}, (nothing, nothing))
    found: dict[tuple[str, str], str] = {}
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler) and not route.path.startswith("/schema"):
                for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                    found[route.path, method] = " ".join((handler.fn.__doc__ or "").split())
    machine = [item for item in found if item[0].startswith(("/api/", "/healthz", "/readyz", "/stream/", "/metrics"))]
    lines = [
        "# HTTP\n",
        SAID["intro"]["http"],
    ]
    for title, chosen in (("For programs", machine), ("Pages", [item for item in found if item not in machine])):
        lines += [f"## {title}\n", "| method | path | what it does |", "|---|---|---|"]
        lines += [f"| {method} | `{path}` | {_cell(found[path, method])} |" for path, method in sorted(chosen)]
        lines.append("")
    return "\n".join(lines)


def files_page() -> str:
    """Write the page of city files."""
    lines = [
        "# City files\n",
        SAID["intro"]["city-files"],
    ]
    for kind, schema in every_schema().items():
        lines += [f"## {kind}\n", f"{schema.get('description', '')}\n", *_keys(schema), ""]
        for name, part in schema.get("$defs", {}).items():
            shown = _pairs_of(part)
            if shown.get("properties") and name != "Name":
                lines += [f"### {kind}: {name}\n", f"{shown.get('description', '')}\n", *_keys(shown), ""]
    return "\n".join(lines)


def _pairs_of(part: dict[str, Any]) -> dict[str, Any]:
    """Show the standard's list of property/value pairs as the table it stands for."""
    if part.get("type") != "array":
        return part
    pairs = {
        item["if"]["properties"]["property"]["const"]: item["then"]["properties"]["value"]
        for item in part["items"]["allOf"]
    }
    needed = [item["contains"]["properties"]["property"]["const"] for item in part.get("allOf", [])]
    said = f"{part['description']} Written as a list of `{{property, value}}`."
    return {"properties": pairs, "required": needed, "description": said}


def _keys(schema: Mapping[str, Any]) -> Iterator[str]:
    yield "| key | value | needed | what it is |"
    yield "|---|---|---|---|"
    for name, shape in schema["properties"].items():
        needed = "yes" if name in schema.get("required", []) else _default(shape)
        yield f"| `{name}` | {_cell(_shape(shape))} | {needed} | {_cell(shape.get('description', ''))} |"


def _default(shape: Mapping[str, Any]) -> str:
    default = shape.get("default")
    return "" if default in (None, "", [], {}) or isinstance(default, dict) else f"else `{default}`"


def _shape(shape: Mapping[str, Any]) -> str:
    if "$ref" in shape:
        return str(shape["$ref"]).rpartition("/")[2]
    if "const" in shape:
        return f"`{shape['const']}`"
    if "enum" in shape:
        return ", ".join(f"`{item}`" for item in shape["enum"])
    for key in ("anyOf", "oneOf"):
        if key in shape:
            return " or ".join(dict.fromkeys(_shape(item) for item in shape[key]))
    if shape.get("type") == "array":
        items = shape.get("items", shape.get("prefixItems", [{}])[0] if shape.get("prefixItems") else {})
        return f"list of {_shape(items)}"
    if shape.get("type") == "object":
        inner = shape.get("additionalProperties")
        return f"table of {_shape(inner)}" if isinstance(inner, dict) else "table"
    return _text(shape)


def _text(shape: Mapping[str, Any]) -> str:
    pattern = str(shape.get("pattern", ""))
    if "month" in pattern:
        return "duration"
    if pattern.endswith("%$"):
        return "share"
    if pattern.startswith(("^dept:", "^system:", "^contract:", "^model:", "^indicator:")):
        return f"`{pattern[1:].partition(':')[0]}:…`"
    return str(shape.get("format") or {"string": "text"}.get(str(shape.get("type")), shape.get("type", "anything")))


def expressions_page() -> str:
    """Write the page of the expression language, with every example computed."""
    lines = [
        "# Expressions\n",
        SAID["intro"]["expressions"],
        "## Over one row\n",
        SAID["intro"]["rows"],
        "| function | what it gives | example | result | in indicators |",
        "|---|---|---|---|---|",
    ]
    everywhere = {*compiling._ROWS, "time", "date", "round", "slice"}
    for name, (least, most) in sorted(ROW_FUNCTIONS.items()):
        said, example = SAID["rows"][name]
        values = f"{least}" if least == most else f"{least} to {most}"
        also = "yes" if name in everywhere else ""
        lines.append(f"| `{name}` ({values}) | {said} | `{_cell(example)}` | `{_result(example)}` | {also} |")
    lines += [
        "\n## Over many rows\n",
        SAID["intro"]["measures"],
        "| function | what it gives |",
        "|---|---|",
    ]
    for name, (least, most) in sorted(MEASURE_FUNCTIONS.items()):
        values = f"{least}" if least == most else f"{least} to {most}"
        lines.append(f"| `{name}` ({values}) | {SAID['measures'][name]} |")
    return "\n".join(lines) + "\n"


def _result(example: str) -> str:
    around = Surroundings(zone="Asia/Shanghai", tables={"codes": {"杭州": "330100"}})
    made = compile_rows(Expression(example), around)
    return str(pl.select(made.value.alias("v")).get_column("v").cast(pl.String).item())


def acts_page() -> str:
    """Write the page of evidence acts."""
    used = {
        act
        for file in (REPOSITORY / "src").rglob("*.py")
        for act in _ACT.findall(file.read_text(encoding="utf-8"))
    }  # fmt: skip
    lines = [
        "# Acts of evidence\n",
        SAID["intro"]["evidence-acts"],
        "| act | when | subject |",
        "|---|---|---|",
    ]
    lines += [f"| `{act}` | {SAID['acts'][act][0]} | {SAID['acts'][act][1]} |" for act in sorted(used)]
    return "\n".join(lines) + "\n"


def rules_page() -> str:
    """Write the page of rule kinds."""
    lines = [
        "# Rules of a contract\n",
        SAID["intro"]["rules"],
        "| kind | declared by | a row breaks it when | dimension |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{kind}` | {where} | {when} | {dimension} |" for kind, (where, when, dimension) in SAID["rules"].items()
    ]
    return "\n".join(lines) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "settings": settings_page,
    "commands": commands_page,
    "errors": errors_page,
    "http": routes_page,
    "city-files": files_page,
    "expressions": expressions_page,
    "evidence-acts": acts_page,
    "rules": rules_page,
}


def page(name: str) -> str:
    """Write one page.

    Args:
        name: One of :data:`PAGES`.

    Returns:
        Markdown.

    """
    return f"{_MARK}{PAGES[name]()}"


def main() -> int:
    """Write all pages; with ``--check`` only name those that are not what the code says."""
    TARGET.mkdir(parents=True, exist_ok=True)
    stale = []
    for name in PAGES:
        target, text = TARGET / f"{name}.md", page(name)
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            stale.append(target.name)
            if "--check" not in sys.argv:
                target.write_text(text, encoding="utf-8")
    if "--check" not in sys.argv:
        sys.stdout.write(f"{TARGET}: {len(stale)} of {len(PAGES)} pages written anew\n")
        return 0
    sys.stdout.write("".join(f"{name} is not what the code says: run make docs\n" for name in stale))
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
