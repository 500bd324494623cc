"""Sessions: rows in PostgreSQL, an opaque cookie, a token for every form (Hangzhou art. 10, 18)."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address

from citybrain.blueprint.instance import Instance
from citybrain.city.contract import Contract
from citybrain.city.indicator import Indicator
from citybrain.city.organisation import Person
from citybrain.city.settings import Citizen
from citybrain.city.whole import City
from citybrain.insight.discretion import as_seen_by
from citybrain.kernel.errors import AccessRefused, NotAuthenticated, NotKnown
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence
from citybrain.safeguards.viewing import Viewer, administers, require_indicator, viewer_of

COOKIE = "citybrain_session"
CITIZEN = "citizen:"  # no short name of a person on a post has a colon
LASTS = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class CitizenVisit:
    """A person whom data is about, signed in for the length of one request; no post, nothing of others.

    Attributes:
        citizen: Who.
        session: Id of the session.
        csrf: Token every form of the session carries.

    """

    citizen: Citizen
    city: City
    session: str
    csrf: str


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who is signed in, for the length of one request.

    Attributes:
        session: Id of the session; tells readers of a stream apart, no secret.
        csrf: Token every form of the session carries.

    """

    viewer: Viewer
    city: City
    session: str
    csrf: str

    def indicator(self, ref: str) -> Indicator:
        """Return an indicator as this person may see it."""
        return as_seen_by(self.viewer, require_indicator(self.viewer, self.city, ref))


def may_open_contract(viewer: Viewer, contract: Contract) -> bool:
    """Tell whether somebody may open a contract in the console: who repairs rows one's own.

    Who runs the hub opens any but those of a body with a domain of its own.

    Args:
        viewer: Who looks.
        contract: The contract.

    Source:
        Hangzhou art. 15 (谁提供，谁负责).

    """
    own = "repair_rows" in viewer.may and contract.provider == viewer.department
    return own or administers(viewer, contract)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def sign_in(instance: Instance, person: str) -> str:
    """Start a session for a demo persona.

    Args:
        instance: This process's instance.
        person: Short name; of a made-up citizen with ``citizen:`` before it.

    Returns:
        The secret for the cookie.

    Raises:
        AccessRefused: This instance has no demo log-in, the address is reachable from outside, or the person is no
            demo persona.
        NotKnown: Nobody of that name.

    """
    allow_demo(instance)
    city = instance.city_now()
    known: Person | Citizen | None = next((item for item, _, _ in city.people() if item.person == person), None)
    if person.startswith(CITIZEN):
        known = _citizen(city, person)
    if known is None:
        raise NotKnown("safeguards.person_unknown", person=person)
    if not known.demo:
        raise AccessRefused("edge.no_demo_person", person=person)
    secret, at = secrets.token_urlsafe(32), instance.clock.now()
    with instance.database.transaction() as connection:
        session = instance.new_id()
        given = {
            "hash": _digest(secret), "id": session, "person": person, "csrf": secrets.token_urlsafe(24), "at": at,
            "until": at + LASTS,
        }  # fmt: skip
        connection.execute(statements("citybrain.web", "sessions")["start"], given)
        evidence.write(connection, "web:session:started", person, {"session": session}, at, instance.new_id)
    return secret


def allow_demo(instance: Instance) -> None:
    """Stop where the demo log-in must not exist.

    Args:
        instance: This process's instance.

    Raises:
        AccessRefused: No demo, or an address that others can reach.

    """
    host = instance.settings.host
    loopback = host == "localhost" or (host.replace(".", "").replace(":", "").isalnum() and _is_loopback(host))
    if not instance.settings.demo or not loopback:
        raise AccessRefused("edge.no_demo")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _citizen(city: City, person: str) -> Citizen | None:
    name = person.removeprefix(CITIZEN)
    return next((item for item in city.settings.citizens if item.person == name), None)


def viewer_in(instance: Instance, cookies: Mapping[str, str]) -> Visit:
    """Tell who on a post is asking.

    Args:
        instance: This process's instance.
        cookies: Of the request.

    Raises:
        NotAuthenticated: No open session of somebody who holds a post.

    """
    session, person, csrf = _session(instance, cookies)
    city = instance.city_now()
    try:
        viewer = viewer_of(city, person)
    except NotKnown:
        raise NotAuthenticated("edge.not_signed_in") from None
    return Visit(viewer, city, session, csrf)


def citizen_in(instance: Instance, cookies: Mapping[str, str]) -> CitizenVisit:
    """Tell which person is asking about the person's own data.

    Args:
        instance: This process's instance.
        cookies: Of the request.

    Raises:
        NotAuthenticated: No open session.
        AccessRefused: Somebody on a post is signed in; what is a person's own is for that person alone.

    """
    session, person, csrf = _session(instance, cookies)
    city = instance.city_now()
    if not person.startswith(CITIZEN):
        raise AccessRefused("edge.not_a_citizen")
    citizen = _citizen(city, person)
    if citizen is None:
        raise NotAuthenticated("edge.not_signed_in")
    return CitizenVisit(citizen, city, session, csrf)


def is_citizen(instance: Instance, cookies: Mapping[str, str]) -> bool:
    """Tell whether a person without a post is signed in.

    Args:
        instance: This process's instance.
        cookies: Of the request.

    Raises:
        NotAuthenticated: No open session.

    """
    return _session(instance, cookies)[1].startswith(CITIZEN)


def _session(instance: Instance, cookies: Mapping[str, str]) -> tuple[str, str, str]:
    secret = cookies.get(COOKIE, "")
    if not secret:
        raise NotAuthenticated("edge.not_signed_in")
    with instance.database.reading() as connection:
        given = {"hash": _digest(secret), "at": instance.clock.now()}
        row = connection.execute(statements("citybrain.web", "sessions")["find"], given).fetchone()
    if row is None:
        raise NotAuthenticated("edge.not_signed_in")
    return str(row[0]), row[1], row[2]


def still_open(instance: Instance, sessions: Iterable[str]) -> set[str]:
    """Tell which sessions have neither ended nor run out.

    Args:
        instance: This process's instance.
        sessions: Ids.

    """
    given = {"ids": list(sessions), "at": instance.clock.now()}
    with instance.database.reading() as connection:
        rows = connection.execute(statements("citybrain.web", "sessions")["open"], given).fetchall()
    return {str(row[0]) for row in rows}


def check_form(visit: Visit | CitizenVisit, token: str | None) -> None:
    """Stop a form that does not come from our own page.

    Args:
        visit: Who asks.
        token: As sent with the form.

    Raises:
        AccessRefused: The token is missing or of another session.

    """
    if not token or not hmac.compare_digest(token, visit.csrf):
        raise AccessRefused("edge.form_expired")


def sign_out(instance: Instance, cookies: Mapping[str, str]) -> None:
    """End a session.

    Args:
        instance: This process's instance.
        cookies: Of the request.

    """
    with instance.database.transaction() as connection:
        given = {"hash": _digest(cookies.get(COOKIE, "")), "at": instance.clock.now()}
        connection.execute(statements("citybrain.web", "sessions")["stop"], given)
