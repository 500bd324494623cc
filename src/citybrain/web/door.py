"""The door: sign in, sign out, and where each person starts."""

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.params import URLEncodedBody
from litestar.response import Redirect

from citybrain.city.settings import Citizen
from citybrain.cockpits.board import openable
from citybrain.insight.places import read_gazetteer
from citybrain.kernel.errors import AccessRefused, CityBrainError
from citybrain.kernel.messages import Language, say
from citybrain.web.entrance import Entrance
from citybrain.web.frames import Asked, frame, instance_of, reading_language
from citybrain.web.language import COOKIE as LANGUAGE_COOKIE
from citybrain.web.naming import what_it_does
from citybrain.web.pages import render
from citybrain.web.sessions import (
    CITIZEN,
    COOKIE,
    allow_demo,
    check_form,
    citizen_in,
    is_citizen,
    sign_in,
    sign_out,
    viewer_in,
)
from citybrain.web.views import LoginPage, Persona

Form = URLEncodedBody[dict[str, str]]
HTML = "text/html; charset=utf-8"
MY_DATA = "/portal/my-data"


def entrance_of(request: Asked) -> Entrance:
    """Return the way into the rooms.

    Args:
        request: Any request.

    """
    entrance: Entrance = request.app.state.entrance
    return entrance


def html(request: Asked, text: str, status: int = 200) -> Response[str]:
    """Answer with a page, and remember the language that was asked for.

    Args:
        request: The request.
        text: The page.
        status: HTTP status.

    """
    asked = request.query_params.get("lang")
    cookies = (
        [Cookie(key=LANGUAGE_COOKIE, value=asked, httponly=True, samesite="lax", max_age=31_536_000)]
        if asked in {"zh", "en"}
        else []
    )
    return Response(text, media_type=HTML, status_code=status, cookies=cookies, headers={"cache-control": "no-store"})


@get("/")
async def home(request: Asked) -> Redirect:
    """Lead to the first cockpit of whoever asks."""

    def look() -> str:
        instance = instance_of(request)
        if is_citizen(instance, request.cookies):
            return MY_DATA
        visit = viewer_in(instance, request.cookies)
        with instance.database.reading() as connection:
            gazetteer = read_gazetteer(connection, visit.city, instance.reader)
        names = [name for name, _, _ in openable(visit.city, visit.viewer, gazetteer)]
        wanted = visit.city.settings.home_cockpit
        if wanted in names:
            return f"/cockpit/{wanted}"
        return f"/cockpit/{names[0]}" if names else "/tasks"

    return Redirect(await entrance_of(request).enter(look))


@get("/login")
async def login(request: Asked) -> Response[str]:
    """Show the demo personas."""

    def look() -> str:
        instance, language = instance_of(request), reading_language(request)
        personas: list[Persona] = []
        citizens: list[Persona] = []
        try:
            allow_demo(instance)
            for person, post_, department in instance.city_now().people():
                if person.demo:
                    names = (person.name.said(language), post_.name.said(language), department.name.said(language))
                    personas.append(Persona(person.person, *names, what_it_does(post_, language)))
            for citizen in instance.city_now().settings.citizens:
                citizens.append(_citizen(citizen, language))
        except CityBrainError:
            personas, citizens = [], []
        page = LoginPage(
            frame(request, None, None),
            tuple(personas),
            "",
            _safe(request.query_params.get("next")),
            "",
            tuple(citizens),
        )
        return render("login.html", page, language=language)

    return html(request, await entrance_of(request).enter(look))


def _citizen(citizen: Citizen, language: Language) -> Persona:
    told = say("edge.sees_minor" if citizen.minor else "edge.sees_own_data", language)
    return Persona(f"{CITIZEN}{citizen.person}", citizen.name.said(language), say("edge.citizen", language), "", told)


def _safe(path: str | None) -> str:
    """Let only a path of this site through."""
    plain = path is not None and path.isprintable() and "\\" not in path and ".." not in path
    return path if path and plain and path.startswith("/") and not path.startswith("//") else "/"


@post("/login", status_code=303)
async def enter(request: Request[None, None, State], data: Form) -> Redirect:
    """Sign a demo persona in."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise AccessRefused("edge.form_expired")  # a foreign page would sign its reader in as whom it likes
    secret = await entrance_of(request).enter(lambda: sign_in(instance_of(request), data.get("persona", "")))
    encrypted = (instance_of(request).settings.public_url or "").startswith("https:")
    cookie = Cookie(
        key=COOKIE, value=secret, httponly=True, samesite="lax", max_age=12 * 3600, secure=encrypted or None
    )
    return Redirect(_safe(data.get("next")), status_code=303, cookies=[cookie])


@post("/logout", status_code=303)
async def leave(request: Request[None, None, State], data: Form) -> Redirect:
    """Sign out."""

    def look() -> None:
        instance = instance_of(request)
        who = citizen_in if is_citizen(instance, request.cookies) else viewer_in
        check_form(who(instance, request.cookies), data.get("csrf"))
        sign_out(instance, request.cookies)

    await entrance_of(request).enter(look)
    return Redirect("/login", status_code=303, cookies=[Cookie(key=COOKIE, value="", max_age=0)])


ROUTES = [home, login, enter, leave]
