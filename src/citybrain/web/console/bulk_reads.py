"""Bulk reads as people see them: what was read, against which bound, and what was found out (Hangzhou art. 13)."""

from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State as AppState
from litestar.params import FromPath
from litestar.response import Redirect

from citybrain.city.offering import every_shared, shared
from citybrain.city.whole import City
from citybrain.cockpits.figures_view import Link, State
from citybrain.hub import bulk_reads
from citybrain.hub.bulk_reads import OUTCOMES, BulkRead
from citybrain.kernel.errors import CityBrainError, NotKnown
from citybrain.kernel.messages import explain, say
from citybrain.safeguards.viewing import Viewer, administers
from citybrain.web.bulk_view import BulkLine, BulkPage
from citybrain.web.console.desk import Desk, rail
from citybrain.web.console.sharing_desk import GRANTS, contract_name, sharing
from citybrain.web.door import entrance_of, html
from citybrain.web.frames import Asked, frame, instance_of
from citybrain.web.naming import department_name, person_name
from citybrain.web.pages import render
from citybrain.web.parts_view import FieldError
from citybrain.web.sessions import Visit, check_form, viewer_in

HERE = "/console/bulk-reads"
STATES: dict[str | None, State] = {None: "alarm", "lawful": "ok", "unlawful": "warn"}
Posted = Request[None, None, AppState]


@get(HERE)
async def listed(request: Asked) -> Response[str]:
    """Show what was read in bulk of the data this person's department provides; everything to who runs the hub."""

    def look() -> str:
        with sharing(request) as looked:
            page = _page(request, looked)
        return render("console/bulk_reads.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _page(request: Asked, looked: Desk, errors: tuple[FieldError, ...] = ()) -> BulkPage:
    viewer, bounds = looked.visit.viewer, looked.city.settings.bulk_reads
    own = None if looked.runs_the_hub else own_things(looked.city, viewer)
    found = bulk_reads.listed(looked.connection, things=own)
    told = say(
        "bulk.bounds", looked.language, hour=f"{bounds.rows_per_hour:,}", day=f"{bounds.rows_per_day:,}",
        persons=f"{bounds.persons_per_day:,}", times=bounds.times_usual,
    )  # fmt: skip
    return BulkPage(
        frame(request, looked.visit, "console"), rail(looked, "bulk-reads"), told,
        tuple(_line(looked, item) for item in found), errors,
    )  # fmt: skip


def own_things(city: City, viewer: Viewer) -> list[str]:
    """List what somebody's department provides.

    Args:
        city: The revision in force.
        viewer: Who looks.

    """
    return [item.ref for item in every_shared(city) if item.provider == viewer.department]


def _line(looked: Desk, item: BulkRead) -> BulkLine:
    def word(key: str, **values: object) -> str:
        return say(f"bulk.{key}", looked.language, **values)

    open_ = item.closed_at is None
    what = word(f"bound_{item.bound}", seen=f"{item.seen:,}", most=f"{item.most:,}")
    found = ""
    if item.closed_by is not None:
        by = person_name(looked.city, item.closed_by, looked.language)
        found = word("found", by=by, at=looked.stamp(item.closed_at), reason=item.reason or "")
    close = f"{HERE}/{item.id}/close" if open_ and may_close(looked.visit, item) else ""
    return BulkLine(
        str(item.id), Link(item.grant, f"{GRANTS}/{item.grant}"), contract_name(looked, item.thing),
        department_name(looked.city, item.department, looked.language), what, looked.stamp(item.noted_at),
        STATES[item.outcome], word(f"state_{item.outcome or 'open'}"), found, close,
    )  # fmt: skip


def may_close(visit: Visit, item: BulkRead) -> bool:
    """Tell whether somebody says what a bulk read was: of the provider with the right to grant, or of the authority.

    Args:
        visit: Who looks.
        item: The occurrence.

    """
    contract = shared(visit.city, item.thing)
    own = contract is not None and contract.provider == visit.viewer.department and "grant_data" in visit.viewer.may
    return own or (contract is not None and administers(visit.viewer, contract))


@post(HERE + "/{bulk_read:str}/close", status_code=303)
async def close(bulk_read: FromPath[str], request: Posted) -> Response[str]:
    """Say what a bulk read was, with the reason."""
    data = await request.form()
    typed = {name: str(data.get(name, "")) for name in ("csrf", "outcome", "reason")}

    def act() -> str | None:
        try:
            _close(request, bulk_read, typed)
        except CityBrainError as error:
            if error.http_status in {401, 403, 404}:
                raise
            with sharing(request) as looked:
                told = FieldError(f"reason-{bulk_read}", explain(error, looked.language).next_steps[0])
                page = _page(request, looked, (told,))
            return render("console/bulk_reads.html", page, language=looked.language)
        return None

    text = await entrance_of(request).enter(act)
    return Redirect(HERE, status_code=303) if text is None else html(request, text, 422)


def _close(request: Asked, bulk_read: str, typed: dict[str, str]) -> None:
    instance = instance_of(request)
    visit = viewer_in(instance, request.cookies)
    check_form(visit, typed["csrf"])
    outcome = next((item for item in OUTCOMES if item == typed["outcome"]), None)
    with instance.database.transaction() as connection:
        found = bulk_reads.one(connection, _id(bulk_read))
        if outcome is None or not may_close(visit, found):
            raise NotKnown("hub.bulk_read_unknown", bulk_read=bulk_read)
        bulk_reads.close(
            connection, found, visit.viewer.person, outcome, typed["reason"], instance.clock, instance.new_id
        )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotKnown("hub.bulk_read_unknown", bulk_read=text[:40]) from None


ROUTES = [listed, close]
