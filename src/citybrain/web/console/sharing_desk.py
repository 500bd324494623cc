"""What pages of sharing share: who may open them, how a request or grant stands, how a field leaves."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from citybrain.city.contract import Contract, Field
from citybrain.city.grant import Limits
from citybrain.city.offering import shared
from citybrain.cockpits.figures_view import State
from citybrain.hub import grants
from citybrain.hub.grants import HeldGrant
from citybrain.hub.limits import Used
from citybrain.hub.sharing.record import SharingRequest
from citybrain.kernel.errors import NotKnown
from citybrain.kernel.messages import say
from citybrain.kernel.postgres import Connection
from citybrain.safeguards.masking import mask_of
from citybrain.web.console.desk import Desk, desk_for_posts
from citybrain.web.frames import Asked
from citybrain.web.parts_view import Fact
from citybrain.web.sessions import Visit
from citybrain.web.sharing_view import FieldChoice, LimitBox

REQUESTS = "/console/requests"
LIMITS = ("uses", "rows_per_day", "rows_per_use")
GRANTS = "/console/grants"
CONCERNED = frozenset({"request_data", "grant_data", "operate_hub", "approve_important"})
_STATES: dict[str, State] = {
    "checking": "todo", "providing": "todo", "approving": "todo", "appealed": "warn", "granted": "ok",
    "returned": "warn", "refused": "alarm", "withdrawn": "none",
}  # fmt: skip


def sharing(request: Asked) -> AbstractContextManager[Desk]:
    """Open what a page of sharing is made from, for every post that applies, grants or runs the hub.

    Args:
        request: The request.

    Returns:
        Opens the desk; without contracts where the post opens none.

    """
    return desk_for_posts(request, CONCERNED, "console.closed_to_post")


def words(looked: Desk, key: str, /, **params: object) -> str:
    """Say a sentence of sharing.

    Args:
        looked: For the language.
        key: Its key.
        **params: Its values.

    """
    return say(f"sharing.{key}", looked.language, **params)


def state_of(looked: Desk, found: SharingRequest) -> tuple[State, str]:
    """Tell how a request stands, as colour and word.

    Args:
        looked: The desk.
        found: The request.

    """
    if found.overdue(looked.now):
        return "alarm", words(looked, "overdue", step=words(looked, f"state_{found.state}"))
    return _STATES[found.state], words(looked, f"state_{found.state}")


def may_use(visit: Visit, held: HeldGrant) -> bool:
    """Tell whether somebody may act for the body that holds a grant.

    Args:
        visit: Who looks.
        held: The grant.

    """
    return visit.viewer.department == held.department and "request_data" in visit.viewer.may


def grant_for(
    connection: Connection, visit: Visit, name: str, may: Callable[[Visit, HeldGrant], bool]
) -> HeldGrant:  # fmt: skip
    """Return a grant in its newest version for who may do something with it.

    Args:
        connection: Any transaction.
        visit: Who looks.
        name: Its short name.
        may: Tells whether they may.

    Raises:
        NotKnown: No such grant, or they may not.

    """
    found = grants.versions(connection, name)
    if not found or not may(visit, found[0]):
        raise NotKnown("hub.grant_unknown", grant=name)
    return found[0]


def grant_state(looked: Desk, held: HeldGrant) -> tuple[State, str]:
    """Tell how a grant stands, as colour and word.

    Args:
        looked: The desk.
        held: The grant.

    """
    if held.state == "closed":
        return "none", words(looked, "grant_closed")
    if held.holds(looked.now):
        return "ok", words(looked, "grant_open")
    return "warn", words(looked, "grant_over" if held.ends_at <= looked.now else "grant_ahead")


def choice(looked: Desk, field: Field, purpose: str, *, chosen: bool, clear: bool = False) -> FieldChoice:
    """Show a field with its grade and how it would leave.

    Args:
        looked: The desk.
        field: The field.
        purpose: What for.
        chosen: Whether it is asked for.
        clear: Whether it leaves without a mask.

    """
    mask = "none" if clear else mask_of(field, purpose)
    grade = words(looked, f"grade_{field.grade}")
    return FieldChoice(field.name, field.title.said(looked.language), grade, words(looked, f"mask_{mask}"), chosen)


def contract_name(looked: Desk, ref: str) -> str:
    """Say what a contract is called.

    Args:
        looked: The desk.
        ref: Its Ref.

    """
    contract: Contract | None = shared(looked.city, ref)
    return contract.name.said(looked.language) if contract else ref


def purpose_name(looked: Desk, purpose: str) -> str:
    """Say what a purpose is called.

    Args:
        looked: The desk.
        purpose: Its short name.

    """
    known = looked.city.settings.purposes.get(purpose)
    return known.said(looked.language) if known else purpose


def last_day(looked: Desk, ends_at: datetime) -> str:
    """Write the last day on which a grant holds, in the city's zone.

    Args:
        looked: The desk.
        ends_at: The instant at which it ends.

    """
    return f"{(ends_at - timedelta(microseconds=1)).astimezone(looked.city.zone):%Y-%m-%d}"


def limit_boxes(looked: Desk, typed: Mapping[str, str]) -> tuple[LimitBox, ...]:
    """Say which limits of use can be typed.

    Args:
        looked: The desk.
        typed: What was typed or asked before, by name.

    """
    return tuple(LimitBox(name, words(looked, f"limit_{name}"), typed.get(name, "")) for name in LIMITS)


def limit_facts(looked: Desk, limits: Limits | None, assessment: str | None, used: Used | None = None) -> list[Fact]:
    """Say how much may be used, against what was used where it is known.

    Args:
        looked: The desk.
        limits: The limits; none where nothing is limited.
        assessment: Record of the assessment.
        used: What was used; none where only what is asked for is told.

    """
    facts = []
    for name, most in (limits.model_dump(exclude_none=True) if limits else {}).items():
        spent = {"uses": used.uses, "rows_per_day": used.rows}.get(name) if used else None
        text = f"{most:,}" if spent is None else words(looked, "limit_used", used=f"{spent:,}", most=f"{most:,}")
        facts.append(Fact(words(looked, f"limit_{name}"), text))
    if assessment:
        facts.append(Fact(words(looked, "assessment"), assessment))
    return facts
