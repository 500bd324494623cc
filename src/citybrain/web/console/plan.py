"""The history of revisions: what each changed in the city's declarations and whom it affected (Hangzhou art. 7)."""

from collections.abc import Mapping
from typing import Any, Literal

from litestar import Response, get

from citybrain.blueprint import revisions
from citybrain.kernel.errors import AccessRefused
from citybrain.web.console.desk import Desk, desk, page_number, pager, rail
from citybrain.web.door import entrance_of, html
from citybrain.web.exchange_view import PlanPage, Revision, RevisionChange
from citybrain.web.frames import Asked, frame
from citybrain.web.naming import person_name
from citybrain.web.pages import render

REVISIONS_ON_PAGE = 10
MOST_REVISIONS = 1000
CHANGES_SHOWN = 200
DETAILS_SHOWN = 3
NAMES_SHOWN = 4
VALUE_CHARACTERS = 40
_KINDS: dict[str, Literal["added", "changed", "removed"]] = {"add": "added", "change": "changed", "remove": "removed"}


@get("/console/plan")
async def history(request: Asked) -> Response[str]:
    """Show every revision, newest first."""

    def look() -> str:
        with desk(request) as looked:
            if not looked.runs_the_hub:
                raise AccessRefused("console.closed_to_post", post=looked.visit.viewer.post)
            page = _page(request, looked)
        return render("console/plan.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _page(request: Asked, looked: Desk) -> PlanPage:
    records = revisions.history(looked.connection, MOST_REVISIONS)
    page = page_number(request)
    shown = records[(page - 1) * REVISIONS_ON_PAGE : page * REVISIONS_ON_PAGE]
    names = {
        ref: thing.name.said(looked.language) for ref, thing in looked.city.things().items() if hasattr(thing, "name")
    }
    made = tuple(
        Revision(
            record.number,
            f"{record.made_at.astimezone(looked.city.zone):%Y-%m-%d %H:%M}",
            person_name(looked.city, record.made_by, looked.language),
            looked.words("plan_id", plan=record.plan),
            tuple(_change(looked, stage, names) for stage in record.stages[:CHANGES_SHOWN])
            if record.number > 1
            else (),
            current=record.number == looked.city.revision,
            note=_note(looked, record),
        )
        for record in shown
    )
    around = frame(request, looked.visit, "console")
    where = pager("/console/plan", page, REVISIONS_ON_PAGE, len(shown), len(records))
    return PlanPage(around, rail(looked, "plan"), made, where)


def _note(looked: Desk, record: revisions.Record) -> str:
    if record.back_to is not None:
        return looked.words("went_back", number=record.back_to)
    if record.number == 1:
        return looked.words("things_declared", count=len(record.stages))
    left = len(record.stages) - CHANGES_SHOWN
    return looked.words("more_changes", count=left) if left > 0 else ""


def _change(looked: Desk, stage: Mapping[str, Any], names: Mapping[str, str]) -> RevisionChange:
    affected = [names.get(ref, ref) for ref in stage["affects"]]
    between = looked.words("between_names")
    affects = between.join(affected[:NAMES_SHOWN])
    if len(affected) > NAMES_SHOWN:
        affects = looked.words("and_others", names=affects, count=len(affected))
    return RevisionChange(
        _KINDS[stage["act"]],
        stage["ref"],
        _what(looked, stage),
        affects,
        breaking=stage["act"] == "remove" and bool(affected),
    )


def _what(looked: Desk, stage: Mapping[str, Any]) -> str:
    name = stage["name"]["zh" if looked.language == "zh" else "en"]
    changes = stage["changes"]
    if not changes:
        return str(name)
    told = [
        looked.words("from_to", path=item["path"], before=_short(item["before"]), after=_short(item["after"]))
        for item in changes[:DETAILS_SHOWN]
    ]
    if len(changes) > DETAILS_SHOWN:
        told.append(looked.words("more_changes", count=len(changes) - DETAILS_SHOWN))
    return looked.words("name_changes", name=name, changes=looked.words("between_rules").join(told))


def _short(value: Any) -> str:
    text = "—" if value is None else str(value)
    return text if len(text) <= VALUE_CHARACTERS else f"{text[:VALUE_CHARACTERS]}…"


ROUTES = [history]
