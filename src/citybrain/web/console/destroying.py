"""What officials do about destruction: destroy for a reason, hold, lift, answer a person (Hangzhou art. 13)."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from litestar import Request, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Redirect

from citybrain.city.contract import Contract
from citybrain.governance import destroying, person_requests
from citybrain.governance.destroying import require_may_destroy
from citybrain.governance.person_requests import Answer
from citybrain.hub import legal_holds
from citybrain.hub.destruction.carrying import Order
from citybrain.kernel.errors import NotKnown, WrongUse
from citybrain.safeguards.subjects import subject_key, token_of
from citybrain.web.console.desk import address, contracts_of
from citybrain.web.console.destructions import HERE
from citybrain.web.door import Form, entrance_of
from citybrain.web.frames import Asked, instance_of
from citybrain.web.sessions import Visit, check_form, viewer_in

Posted = Request[None, None, State]


async def _acted(request: Posted, data: dict[str, str], done: str, act: Callable[[Visit], str]) -> Redirect:
    """Do what a form asks for and lead back; the number in the address is looked up there."""

    def step() -> str:
        visit = viewer_in(instance_of(request), request.cookies)
        check_form(visit, data.get("csrf"))
        return act(visit)

    number = await entrance_of(request).enter(step)
    return Redirect(address(HERE, done=done, number=number), status_code=303)


def _contract(visit: Visit, ref: str) -> Contract:
    contract = contracts_of(visit).get(ref)
    if contract is None:
        raise NotKnown("console.contract_absent", contract=ref[:120])
    require_may_destroy(visit.viewer, contract)
    return contract


@post(HERE, status_code=303)
async def destroy(request: Posted, data: Form) -> Redirect:
    """Destroy the rows of a person, a batch, or what is beyond its retention; it must be confirmed, with a reason."""

    def act(visit: Visit) -> str:
        instance, contract = instance_of(request), _contract(visit, data.get("contract", ""))
        if data.get("confirm") != "yes":
            raise WrongUse("destruction.not_confirmed")
        kind, reason, by = data.get("kind", ""), data.get("reason", ""), visit.viewer.person
        if kind == "person":
            order = Order(contract, "person", reason, by, subject=_token(request, data.get("person", "")))
        elif kind == "retention":
            order = Order(contract, "retention", reason, by, before=_before(contract, data, instance.clock.now()))
        else:
            order = Order(contract, "batch", reason, by, batch=_batch(data.get("batch", "")))
        made = destroying.destroy(instance.eraser, visit.city, order)
        instance.exporter.clear()
        return made.number

    return await _acted(request, data, "destroyed", act)


def _before(contract: Contract, data: dict[str, str], now: datetime) -> datetime:
    """Read up to when batches go: what was proposed, and never what may still be kept."""
    try:
        before = datetime.fromisoformat(data.get("before", ""))
    except ValueError:
        raise WrongUse("destruction.scope_wrong") from None
    if contract.retention is None or before.tzinfo is None or before > now - contract.retention:
        raise WrongUse("destruction.scope_wrong")
    return before


def _batch(text: str) -> UUID:
    try:
        return UUID(text.strip())
    except ValueError:
        raise WrongUse("destruction.scope_wrong") from None


def _token(request: Asked, value: str) -> bytes:
    if not value.strip():
        raise WrongUse("destruction.scope_wrong")
    instance = instance_of(request)
    with instance.database.transaction() as connection:
        return token_of(value, subject_key(connection, key_file=instance.settings.key_file))


@post("/console/legal-holds", status_code=303)
async def hold(request: Posted, data: Form) -> Redirect:
    """Put data under a hold."""

    def act(visit: Visit) -> str:
        instance, contract = instance_of(request), _contract(visit, data.get("contract", ""))
        person, batch = data.get("person", "").strip(), data.get("batch", "").strip()
        subject = _token(request, person) if person else None
        with instance.database.transaction() as connection:
            made = legal_holds.put(
                connection, contract, data.get("reason", ""), visit.viewer.person, instance.clock, instance.new_id,
                subject=subject, batch=_batch(batch) if batch else None,
            )  # fmt: skip
        return made.number

    return await _acted(request, data, "held", act)


@post("/console/legal-holds/{number:str}/lift", status_code=303)
async def lift(number: FromPath[str], request: Posted, data: Form) -> Redirect:
    """Lift a hold with a reason."""

    def act(visit: Visit) -> str:
        instance = instance_of(request)
        with instance.database.transaction() as connection:
            _contract(visit, legal_holds.one(connection, number).contract)
            made = legal_holds.lift(
                connection, number, data.get("reason", ""), visit.viewer.person, instance.clock, instance.new_id
            )  # fmt: skip
        return made.number

    return await _acted(request, data, "lifted", act)


@post("/console/person-requests/{number:str}", status_code=303)
async def decide(number: FromPath[str], request: Posted, data: Form) -> Redirect:
    """Answer a request of a person: delete, refuse with a legal ground, or explain."""

    def act(visit: Visit) -> str:
        instance = instance_of(request)
        grant = data.get("act") == "grant"
        if grant and data.get("confirm") != "yes":
            raise WrongUse("destruction.not_confirmed")
        answer = Answer(data.get("words", ""), grant, data.get("ground", ""))
        person_requests.decide(
            instance.database, instance.eraser, visit.city, number, answer, visit.viewer, instance.clock,
            instance.new_id,
        )  # fmt: skip
        instance.exporter.clear()
        return number

    return await _acted(request, data, "decided", act)


ROUTES = [destroy, hold, lift, decide]
