"""The standards library as people see it: its elements, and how far each body follows them (Hangzhou art. 14)."""

from litestar import Response, get

from citybrain.city.conformity import Conformity, Held, conformities, held_fields, wanted
from citybrain.city.standard import DataElement, DataStandard
from citybrain.cockpits.figures_view import State
from citybrain.hub.catalog.names import page_path
from citybrain.kernel.messages import say
from citybrain.kernel.numerals import number
from citybrain.web.console.catalog import reading_desk
from citybrain.web.console.desk import Desk, rail
from citybrain.web.door import entrance_of, html
from citybrain.web.frames import Asked, frame
from citybrain.web.naming import department_name
from citybrain.web.pages import render
from citybrain.web.standards_view import BodyLine, DifferenceLine, ElementLine, StandardPart, StandardsPage


@get("/console/standards")
async def listed(request: Asked) -> Response[str]:
    """Show the library, the conformity of every body, and the fields that differ."""

    def look() -> str:
        with reading_desk(request) as looked:
            page = _page(request, looked)
        return render("console/standards.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def words(looked: Desk, key: str, /, **params: object) -> str:
    """Say a sentence of the library.

    Args:
        looked: The desk.
        key: Of the sentence.
        **params: Its values.

    """
    return say(f"standards.{key}", looked.language, **params)


def _page(request: Asked, looked: Desk) -> StandardsPage:
    held = list(held_fields(looked.city))
    standards = sorted(looked.city.standards.values(), key=lambda item: (not item.binding, item.code))
    return StandardsPage(
        frame(request, looked.visit, "console"), rail(looked, "standards"),
        tuple(_body(looked, item) for item in conformities(looked.city)),
        tuple(_difference(looked, item) for item in held if item.breaks),
        tuple(_standard(looked, item, held) for item in standards),
    )  # fmt: skip


def _body(looked: Desk, item: Conformity) -> BodyLine:
    state: State = "ok" if item.conforming == item.fields else "warn"
    return BodyLine(
        department_name(looked.city, item.department, looked.language), number(item.fields), number(item.conforming),
        words(looked, "percent", value=f"{item.rate:.1f}"), state, words(looked, f"body_{state}"),
    )  # fmt: skip


def _difference(looked: Desk, item: Held) -> DifferenceLine:
    language = looked.language
    return DifferenceLine(
        item.contract.name.said(language), page_path(item.contract.ref), item.field.name,
        department_name(looked.city, item.contract.provider, language),
        words(looked, "of_standard", code=item.standard.code, element=item.element.name.said(language)), wanted(item),
    )  # fmt: skip


def _standard(looked: Desk, item: DataStandard, held: list[Held]) -> StandardPart:
    kind = "binding" if item.binding else "recommended"
    return StandardPart(
        item.ref, item.code, item.name.said(looked.language), item.version, "lock" if item.binding else "none",
        words(looked, kind), tuple(_element(looked, item, one, held) for one in item.elements),
    )  # fmt: skip


def _element(looked: Desk, standard: DataStandard, item: DataElement, held: list[Held]) -> ElementLine:
    mine = sum(one.standard is standard and one.element is item for one in held)
    parts = [words(looked, f"type_{item.type}")]
    if item.pattern is not None:
        parts.append(words(looked, "pattern", pattern=item.pattern))
    if item.codes:
        parts.append(words(looked, "codes", codes=words(looked, "comma").join(item.codes)))
    if item.unit is not None:
        parts.append(words(looked, "unit", unit=item.unit.said(looked.language)))
    if item.grade > 1:
        parts.append(words(looked, "grade", grade=item.grade))
    wants = words(looked, "semicolon").join(parts)
    return ElementLine(
        f"{standard.standard}/{item.element}", item.name.said(looked.language), item.clause, wants, number(mine)
    )


ROUTES = [listed]
