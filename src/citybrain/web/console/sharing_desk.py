"""What pages of sharing share: who may open them, how a request or grant stands, how a field leaves."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from citybrain.city.contract import Contract, Field
from citybrain.city.offering import shared
from citybrain.cockpits.figures_view import State
from citybrain.hub.grants import HeldGrant
from citybrain.hub.sharing.record import SharingRequest
from citybrain.kernel.errors import AccessRefused
from citybrain.kernel.messages import say
from citybrain.safeguards.masking import mask_of
from citybrain.web.console.desk import Desk, contracts_of
from citybrain.web.frames import Asked, instance_of, reading_language
from citybrain.web.sessions import viewer_in
from citybrain.web.sharing_view import FieldChoice

REQUESTS = "/console/requests"
GRANTS = "/console/grants"
CONCERNED = frozenset({"request_data", "grant_data", "operate_hub"})
_STATES: dict[str, State] = {
    "checking": "todo", "providing": "todo", "appealed": "warn", "granted": "ok", "returned": "warn",
    "refused": "alarm", "withdrawn": "none",
}  # fmt: skip


@contextmanager
def sharing(request: Asked) -> Iterator[Desk]:
    """Open what a page of sharing is made from, for every post that applies, grants or runs the hub.

    Args:
        request: The request.

    Yields:
        The desk; without contracts where the post opens none.

    Raises:
        AccessRefused: The post has nothing to do with it.

    """
    instance = instance_of(request)
    visit = viewer_in(instance, request.cookies)
    if not visit.viewer.may & CONCERNED:
        raise AccessRefused("console.closed_to_post", post=visit.viewer.post)
    opens = visit.viewer.may & {"operate_hub", "repair_rows"}
    contracts = contracts_of(visit) if opens else {}
    with instance.database.reading() as connection:
        yield Desk(connection, visit.city, visit, contracts, {}, instance.clock.now(), reading_language(request))


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
