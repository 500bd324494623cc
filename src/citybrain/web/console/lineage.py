"""Lineage in the console: one entry in the middle, one to four steps each way, with the list beside it (Nanjing 7)."""

from typing import Final
from urllib.parse import quote

from litestar import Response, get
from litestar.params import FromPath

from citybrain.cockpits.figures_view import Link
from citybrain.hub.catalog.lineage import DEEPEST, Neighbourhood, Node, neighbourhood
from citybrain.hub.catalog.names import page_path
from citybrain.web.catalog_reading import hidden_from
from citybrain.web.console.catalog import reading_desk
from citybrain.web.console.catalog_lists import HERE as CATALOG
from citybrain.web.console.catalog_lists import kind_name, said
from citybrain.web.console.desk import Desk, address, rail
from citybrain.web.door import entrance_of, html
from citybrain.web.drawing import text_width
from citybrain.web.frames import Asked, frame
from citybrain.web.lineage_drawing import WIDTH, lay_out
from citybrain.web.lineage_view import LineageBox, LineageLine, LineagePage
from citybrain.web.naming import department_name
from citybrain.web.pages import render

USUAL: Final = 2
_FITS: Final = (WIDTH - 20) / 13  # em of a label of 13 units


@get("/console/lineage/{ref:path}")
async def show(ref: FromPath[str], request: Asked) -> Response[str]:
    """Show what an entry rests on and what rests on it; ``depth`` is 1 to 4 steps each way."""

    def look() -> str:
        with reading_desk(request) as looked:
            page = _page(request, looked, str(ref).lstrip("/"))
        return render("console/lineage_graph.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _page(request: Asked, looked: Desk, ref: str) -> LineagePage:
    depth = _depth(request)
    viewer = looked.visit.viewer

    def knows(_: str, department: str, share: str) -> bool:
        return share != "none" or viewer.department == department or looked.runs_the_hub

    found = neighbourhood(looked.connection, ref, depth, hidden_from(viewer, looked.city), knows)
    middle = found.nodes[0]
    columns: dict[int, list[str]] = {}
    for node in found.nodes:
        columns.setdefault(node.level, []).append(node.ref)
    drawn = lay_out(columns, found.edges)
    name = middle.name[looked.language]
    return LineagePage(
        frame(request, looked.visit, "console"), rail(looked, "catalog"),
        (Link(said(looked, "tab_search"), CATALOG), Link(name, page_path(ref)),
         Link(said(looked, "lineage"), "", current=True)), name, ref,
        tuple(Link(said(looked, "lineage_depth", count=steps), _href(ref, steps), current=steps == depth)
              for steps in range(1, DEEPEST + 1)),
        _summary(looked, found), drawn.width, drawn.height,
        tuple(_box(looked, node, drawn.boxes[node.ref].x, drawn.boxes[node.ref].y) for node in found.nodes),
        drawn.lines, tuple(_lines(looked, found, depth)), tuple(_left_out(looked, found)),
        withheld=not knows(ref, middle.department, middle.share),
    )  # fmt: skip


def _depth(request: Asked) -> int:
    text = request.query_params.get("depth", "")
    steps = int(text) if text.isascii() and text.isdecimal() and len(text) < 3 else USUAL
    return min(max(steps, 1), DEEPEST)


def _href(ref: str, depth: int) -> str:
    return address(f"/console/lineage/{quote(ref, safe=':/@._-')}", depth=depth if depth != USUAL else None)


def _summary(looked: Desk, found: Neighbourhood) -> str:
    ups = sum(node.level < 0 for node in found.nodes)
    return said(looked, "lineage_summary", ups=ups, downs=len(found.nodes) - 1 - ups)


def _box(looked: Desk, node: Node, x: float, y: float) -> LineageBox:
    full = node.name[looked.language]
    return LineageBox(
        kind_name(looked, node.kind), _fitted(full), full, page_path(node.ref), node.level == 0, round(x, 1),
        round(y, 1),
    )  # fmt: skip


def _fitted(name: str) -> str:
    if text_width(name) <= _FITS:
        return name
    kept = name
    while kept and text_width(kept) + 1 > _FITS:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def _side(looked: Desk, level: int) -> str:
    if level == 0:
        return said(looked, "lineage_here")
    return said(looked, "lineage_up" if level < 0 else "lineage_down", count=abs(level))


def _lines(looked: Desk, found: Neighbourhood, depth: int) -> list[LineageLine]:
    names = {node.ref: node.name[looked.language] for node in found.nodes}
    rests: dict[str, list[str]] = {}
    for up, ref in found.edges:
        rests.setdefault(ref, []).append(names[up])
    between = said(looked, "between")
    return [
        LineageLine(
            _side(looked, node.level), kind_name(looked, node.kind), names[node.ref], page_path(node.ref),
            department_name(looked.city, node.department, looked.language), between.join(rests.get(node.ref, ())),
            _href(node.ref, depth) if node.level else "",
        )
        for node in sorted(found.nodes, key=lambda node: (node.level, node.ref))
    ]  # fmt: skip


def _left_out(looked: Desk, found: Neighbourhood) -> list[Link]:
    names = {node.ref: node.name[looked.language] for node in found.nodes}
    return [
        Link(
            said(looked, "lineage_more", side=_side(looked, item.level), count=item.count, name=names[item.beside]),
            page_path(item.beside),
        )
        for item in found.left_out
    ]  # fmt: skip


ROUTES = [show]
