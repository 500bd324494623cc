"""Boards: a declared cockpit filled for one viewer, one place and one moment (Hangzhou art. 10 分级分类分岗位)."""

from collections.abc import Iterator

from citybrain.city.cockpit import Cockpit as Declared
from citybrain.city.cockpit import Widget as DeclaredWidget
from citybrain.city.names import LAW_FIELDS
from citybrain.city.whole import City
from citybrain.cockpits.figures import STATES, Look, as_of_text, state_of, tile
from citybrain.cockpits.figures_view import FieldCount, Link, Tile
from citybrain.cockpits.outline import Outline
from citybrain.cockpits.panels import district_map, ranked, task_list, trend
from citybrain.cockpits.panels_view import Panel
from citybrain.cockpits.view import Cockpit
from citybrain.insight.places import Gazetteer
from citybrain.insight.values import standing
from citybrain.kernel.errors import NotKnown
from citybrain.safeguards.viewing import Viewer, may_open, may_see


def find(city: City, name: str, gazetteer: Gazetteer) -> tuple[Declared, str | None]:
    """Find a cockpit by the name in its address.

    Args:
        city: The revision in force.
        name: ``city``, or ``district-330106`` for one that is made for each division.
        gazetteer: Known divisions.

    Returns:
        The declaration and the division it is about.

    Raises:
        NotKnown: There is no such cockpit.

    """
    plain = city.cockpits.get(f"cockpit:{name}")
    if plain is not None and plain.for_each is None:
        return plain, None
    base, _, code = name.rpartition("-")
    declared = city.cockpits.get(f"cockpit:{base}")
    if declared is not None and declared.for_each is not None and code in gazetteer.districts:
        return declared, code
    raise NotKnown("cockpits.cockpit_unknown", cockpit=name)


def openable(city: City, viewer: Viewer, gazetteer: Gazetteer) -> Iterator[tuple[str, Declared, str | None]]:
    """Yield every cockpit a viewer may open: name in the address, declaration, division.

    Args:
        city: The revision in force.
        viewer: Who looks.
        gazetteer: Known divisions.

    """
    for declared in city.cockpits.values():
        if declared.for_each is None:
            if may_open(viewer, declared):
                yield declared.cockpit, declared, None
            continue
        for code in gazetteer.districts:
            if may_open(viewer, declared, code):
                yield f"{declared.cockpit}-{code}", declared, code


def name_of(declared: Declared, division: str | None, gazetteer: Gazetteer, language: str) -> str:
    """Say what a cockpit is called.

    Args:
        declared: Its declaration.
        division: Division it is about.
        gazetteer: Names of divisions.
        language: ``zh`` or ``en``.

    """
    place = gazetteer.name(division, language) if division else ""
    return declared.name.said(language).replace("{division}", place).replace("{district}", place)


def widgets(look: Look, declared: Declared, viewer: Viewer, outline: Outline) -> Iterator[Tile | Panel]:
    """Make every widget of a cockpit that its viewer may see, in declared order.

    Args:
        look: What is looked at.
        declared: The cockpit.
        viewer: Who looks; an indicator outside the audience is left out.
        outline: The city on paper.

    """
    for widget in declared.widgets():
        made = _widget(look, widget, viewer, outline)
        if made is not None:
            yield made


def _widget(look: Look, widget: DeclaredWidget, viewer: Viewer, outline: Outline) -> Tile | Panel | None:
    if widget.kind == "tasks":
        return task_list(look, viewer)
    indicator = look.city.indicators.get(f"indicator:{widget.indicator}")
    if indicator is None or not may_see(viewer, indicator):
        return None
    match widget.kind:
        case "number":
            return tile(look, indicator)
        case "trend":
            return trend(look, indicator, widget.days)
        case "ranking":
            return ranked(look, indicator, widget.by or (indicator.by[0] if indicator.by else ""))
        case "map":
            return district_map(look, indicator, widget.by or indicator.place or "", outline)
        case _:
            return None


def board(look: Look, name: str, declared: Declared, viewer: Viewer, outline: Outline) -> Cockpit:
    """Fill a cockpit.

    Args:
        look: What is looked at.
        name: Name in the address.
        declared: The declaration.
        viewer: Who looks.
        outline: The city on paper.

    """
    made = list(widgets(look, declared, viewer, outline))
    named = [widget.indicator for widget in declared.widgets() if widget.indicator]
    hidden = [
        item for item in dict.fromkeys(named)
        if (found := look.city.indicators.get(f"indicator:{item}")) is not None and not may_see(viewer, found)
    ]  # fmt: skip
    owner = look.city.departments[declared.owner].name.said(look.language)
    return Cockpit(
        id=name,
        name=name_of(declared, look.division, look.gazetteer, look.language),
        scope=look.words(
            "scope",
            level=look.words(f"level_{declared.audience.level}"),
            place=look.place(look.division) if look.division else look.words("whole_city"),
        ),
        topic=f"cockpit.{name}",
        tiles=tuple(item for item in made if isinstance(item, Tile)),
        panels=tuple(item for item in made if not isinstance(item, Tile)),
        fields=tuple(_fields(look, declared, viewer)),
        all_href=f"/cockpit/{name}",
        published_at=published_at(look, declared, viewer),
        hidden=len(hidden),
        crumbs=tuple(_crumbs(look, declared, viewer)),
        below=tuple(_below(look, declared, viewer)),
        owner=look.words("owner", owner=owner, review=f"{declared.review_by:%Y-%m-%d}"),
        other_cockpits=tuple(
            Link(name_of(other, code, look.gazetteer, look.language), f"/cockpit/{address}", current=address == name)
            for address, other, code in openable(look.city, viewer, look.gazetteer)
            if code is None or address == name
        ),
        issue_href="",
    )


def published_at(look: Look, declared: Declared, viewer: Viewer) -> str:
    """Write up to when the newest figure of a cockpit speaks.

    Args:
        look: What is looked at.
        declared: The cockpit.
        viewer: Who looks.

    """
    newest = None
    text = ""
    for widget in declared.widgets():
        indicator = look.city.indicators.get(f"indicator:{widget.indicator}") if widget.indicator else None
        if indicator is None or not may_see(viewer, indicator) or indicator.time.grain not in {"15min", "hour"}:
            continue
        said = standing(look.connection, look.city, indicator, look.now)
        if said.as_of is not None and (newest is None or said.as_of > newest):
            newest, text = said.as_of, as_of_text(look, indicator, said)
    return text


def _fields(look: Look, declared: Declared, viewer: Viewer) -> Iterator[FieldCount]:
    counts: dict[str, dict[str, int]] = {field: {} for field in LAW_FIELDS}
    for ref in dict.fromkeys(widget.indicator for widget in declared.widgets() if widget.indicator):
        indicator = look.city.indicators.get(f"indicator:{ref}")
        if indicator is None or not may_see(viewer, indicator):
            continue
        said = standing(look.connection, look.city, indicator, look.now)
        state = state_of(said)
        if state == "ok":
            state = STATES[max((item.state for item in said.states), key=list(STATES).index, default="normal")]
        counts[indicator.field][state] = counts[indicator.field].get(state, 0) + 1
    for field, found in counts.items():
        yield FieldCount(
            name=look.words(f"field_{field}"),
            ok=found.get("ok", 0),
            warn=found.get("warn", 0),
            alarm=found.get("alarm", 0),
            stale=found.get("stale", 0),
            none=found.get("none", 0),
        )


def _crumbs(look: Look, declared: Declared, viewer: Viewer) -> Iterator[Link]:
    home = look.city.settings.home_cockpit
    city_name = look.city.settings.city.name.said(look.language)
    if look.division is None:
        yield Link(city_name, "", current=True)
        return
    whole = look.city.cockpits.get(f"cockpit:{home}")
    yield Link(city_name, f"/cockpit/{home}" if whole and may_open(viewer, whole) else "")
    yield Link(look.place(look.division), "", current=True)


def _below(look: Look, declared: Declared, viewer: Viewer) -> Iterator[Link]:
    if look.division is not None:
        return
    for address, other, code in openable(look.city, viewer, look.gazetteer):
        if other.for_each == "district" and code is not None:
            yield Link(look.place(code), f"/cockpit/{address}")
