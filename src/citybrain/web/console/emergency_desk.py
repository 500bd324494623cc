"""What people do about emergencies: declare, end, review, report on copies (Nanjing art. 13)."""

from datetime import datetime

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Redirect

from citybrain.hub import emergencies, emergency_reports, emergency_reviews
from citybrain.hub.emergency_reports import Deletion
from citybrain.hub.emergency_reviews import Verdict
from citybrain.hub.emergency_standing import one as standing_of
from citybrain.kernel.errors import CityBrainError, NotKnown, WrongUse
from citybrain.kernel.messages import explain
from citybrain.safeguards.viewing import require
from citybrain.web.console.desk import Desk, address
from citybrain.web.console.emergencies import HERE, list_page, one_page
from citybrain.web.console.sharing_desk import sharing
from citybrain.web.door import Form, entrance_of, html
from citybrain.web.emergencies_view import DeclareForm
from citybrain.web.frames import instance_of
from citybrain.web.pages import render
from citybrain.web.parts_view import FieldError
from citybrain.web.sessions import Visit, check_form, viewer_in

Posted = Request[None, None, State]
_SHUT = frozenset({401, 403, 404})
_ACTS = {"end": ("ended", "confirm"), "review": ("reviewed", "findings"), "report": ("reported", "words")}


@post(HERE, status_code=303)
async def declare(request: Posted, data: Form) -> Response[str]:
    """Declare an emergency; what was typed is kept when it cannot be taken."""
    name = data.get("name", "").strip()

    def act() -> str | None:
        instance = instance_of(request)
        visit = viewer_in(instance, request.cookies)
        check_form(visit, data.get("csrf"))
        require(visit.viewer, "operate_hub")
        try:
            ends_at = _instant(visit, data.get("ends_at", ""))
            with instance.database.transaction() as connection:
                emergencies.declare(
                    connection, name, data.get("words", ""), ends_at, visit.viewer.person, instance.clock,
                    instance.new_id,
                )  # fmt: skip
        except CityBrainError as error:
            if error.http_status in _SHUT:
                raise
            typed = DeclareForm(name, data.get("words", ""), data.get("ends_at", ""))
            with sharing(request) as looked:
                page = list_page(request, looked, typed, (_told(looked, error, "words"),))
            return render("console/emergencies.html", page, language=looked.language)
        return None

    text = await entrance_of(request).enter(act)
    where = address(HERE, done="declared", name=name)
    return Redirect(where, status_code=303) if text is None else html(request, text, 422)


@post(f"{HERE}/{{name:str}}/act", status_code=303)
async def take(name: FromPath[str], request: Posted, data: Form) -> Response[str]:
    """End an emergency, review it, or report on copies; what was typed is kept when it cannot be taken."""
    wanted = data.get("act", "")

    def act() -> str | None:
        visit = viewer_in(instance_of(request), request.cookies)
        check_form(visit, data.get("csrf"))
        if wanted not in _ACTS:
            raise NotKnown("edge.no_such_page")
        try:
            _take(request, visit, name, data)
        except CityBrainError as error:
            if error.http_status in _SHUT:
                raise
            with sharing(request) as looked:
                page = one_page(request, looked, name, data, (_told(looked, error, _ACTS[wanted][1]),))
            return render("console/emergency.html", page, language=looked.language)
        return None

    text = await entrance_of(request).enter(act)
    if text is not None:
        return html(request, text, 422)
    return Redirect(address(f"{HERE}/{name}", done=_ACTS[wanted][0], name=name), status_code=303)


def _take(request: Posted, visit: Visit, name: str, data: Form) -> None:
    instance, viewer = instance_of(request), visit.viewer
    with instance.database.transaction() as connection:
        if not standing_of(connection, visit.city, name).seen_by(viewer, visit.city):
            raise NotKnown("emergencies.unknown", emergency=name)
        if data["act"] == "review":
            verdict = Verdict(data.get("outcome", ""), data.get("findings", ""), data.get("follows", ""))
            emergency_reviews.write(connection, name, verdict, viewer, instance.clock, instance.new_id)
        elif data["act"] == "report":
            said = Deletion(data.get("words", ""), data.get("kept") == "yes", data.get("ground", ""))
            emergency_reports.report(connection, name, said, viewer, instance.clock, instance.new_id)
        else:
            require(viewer, "operate_hub")
            if data.get("confirm") != "yes":
                raise WrongUse("emergencies.not_confirmed", field="confirm")
            emergencies.end(connection, name, viewer.person, instance.clock, instance.new_id)


def _instant(visit: Visit, text: str) -> datetime:
    """Read a date and time as they are typed, in the city's zone."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=visit.city.zone)
    except ValueError:
        raise WrongUse("emergencies.end_wrong", value=text[:40], field="ends_at") from None


def _told(looked: Desk, error: CityBrainError, field: str) -> FieldError:
    return FieldError(str(error.params.get("field", field)), explain(error, looked.language).next_steps[0])


ROUTES = [declare, take]
