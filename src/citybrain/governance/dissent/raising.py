"""Raising a dissent.

By an institution, by a clerk for a letter or a call, or by a citizen (Nanjing art. 11).
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from uuid import UUID

from psycopg.types.json import Jsonb

from citybrain.city.contract import Contract
from citybrain.city.names import near
from citybrain.city.whole import City
from citybrain.governance.dissent.case import Channel, Dissent, Kind, Raiser, clean, note, one, sql
from citybrain.hub import corrections, disputes, grants
from citybrain.hub.exchange.reading import Reader
from citybrain.kernel.calendar import add_working_days
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import AccessRefused, Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection

END_OF_WORK = time(18, 0)
TEXT_CHARACTERS = 500
GROUNDS_CHARACTERS = 2_000
_FOR_OUTSIDERS: frozenset[str] = frozenset({"letter", "phone", "counter"})


_MOST_HELD = 10_000


@dataclass(frozen=True, slots=True)
class Order:
    """What is contested, by whom.

    Attributes:
        keys: Key values of the row by name of key field.
        batch: The batch, where no row is named.
        field: The field; none means the whole row or batch.
        day: Day of the score, for a dissent about a score.
        seen: Value seen.
        claimed: Value that is right.
        grounds: Why.
        attachment: Digest of a document that was shown.
        outsider: Name and contact of whoever wrote or called; kept apart.

    """

    contract: str
    raiser: Raiser
    channel: Channel
    grounds: str
    keys: Mapping[str, str] | None = None
    batch: UUID | None = None
    field: str | None = None
    seen: str = ""
    claimed: str = ""
    attachment: bytes | None = None
    outsider: tuple[str, str] | None = None
    kind: Kind = "value"
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Raised:
    """A dissent that was raised.

    Attributes:
        code: Tracking code for somebody outside; it is shown once and kept as a digest.

    """

    dissent: Dissent
    code: str


def raise_dissent(
    connection: Connection, city: City, reader: Reader, order: Order, clock: Clock, new_id: NewId
) -> Raised:
    """Raise a dissent: the value is marked as in dispute, and its provider's clock begins.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        reader: Reads relations; the row must be there.
        order: What is contested.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        The dissent, and the tracking code.

    Raises:
        NotKnown: No such contract, row or batch.
        AccessRefused: An institution contests what it may not use.
        WrongUse: Grounds, keys or field are missing or wrong.
        Conflicting: The same raiser contests the same already.

    Source:
        Nanjing art. 11 (异议数据处理通道; 信函、政务服务便民热线以及政务新媒体).

    """
    contract = city.contracts.get(order.contract)
    if contract is None:
        raise NotKnown("dissent.contract_unknown", contract=order.contract, near=near(order.contract, city.contracts))
    _said(order, contract)
    require_use(connection, city, contract, order.raiser, order.field, clock.now())
    order = _named(connection, contract, reader, order)
    keys = None if order.keys is None else Jsonb(dict(order.keys))
    asked = {
        "kind": order.kind, "contract": contract.ref, "raiser": order.raiser.ref, "keys": keys, "batch": order.batch,
        "field": order.field, "day": order.day,
    }  # fmt: skip
    known = connection.execute(sql()["same_open"], asked).fetchone()
    if known is not None and order.raiser.kind != "outsider":
        raise Conflicting("dissent.raised_before", number=known[0])
    at, code = clock.now(), secrets.token_urlsafe(12)
    made = _write(connection, city, contract, order, at, code, new_id)
    if order.kind == "value":
        disputes.mark(
            connection,
            disputes.Mark(made.id, made.number, contract.ref, order.keys, order.batch, order.field, at),
        )
    facts = {"kind": made.kind, "provider": made.provider, "channel": made.channel, "due_at": made.due_at}
    by = order.raiser.ref if order.raiser.kind != "citizen" else "citizen"
    note(connection, made, "raised", by, "", at, new_id, raiser_kind=made.raiser_kind, **facts)
    return Raised(made, code)


def require_use(
    connection: Connection, city: City, contract: Contract, raiser: Raiser, field: str | None, now: datetime
) -> None:
    """Stop an institution that contests what it may not read: a dissent is no way to look into another's data.

    Args:
        connection: Any transaction.
        city: The revision in force.
        contract: The contract.
        raiser: Who contests; citizens and clerks for people outside are let through, for their data concerns them.
        field: The field.
        now: Present instant.

    Raises:
        AccessRefused: Neither its own data, nor shared with everybody, nor granted.

    """
    if raiser.kind in {"citizen", "outsider"}:
        return
    everybody = contract.share == "unconditional" or contract.open
    owner = city.settings.data_authority
    if raiser.department in {contract.provider, owner} or everybody:
        return
    today = now.astimezone(city.zone).date()
    for grant in city.grants.values():
        declared = grant.from_ == contract.ref and grant.to == raiser.department and grant.until >= today
        if declared and (field is None or field in grant.fields):
            return
    mine = grants.listed(connection, department=raiser.department, things=[contract.ref], open_only=True)
    if any(item.holds(now) and (field is None or field in item.fields) for item in mine):
        return
    raise AccessRefused("dissent.not_yours_to_use", contract=contract.ref, department=raiser.department or "")


def contestable(connection: Connection, city: City, raiser: Raiser, now: datetime) -> list[Contract]:
    """List what an institution may contest; one statement, however many contracts there are.

    Args:
        connection: Any transaction.
        city: The revision in force.
        raiser: Who would contest.
        now: Present instant.

    """
    body, today = raiser.department, now.astimezone(city.zone).date()
    mine = {item.from_ for item in city.grants.values() if item.to == body and item.until >= today}
    held = grants.listed(connection, department=body, open_only=True, limit=_MOST_HELD) if body else []
    mine |= {item.thing for item in held if item.holds(now)}
    every = body == city.settings.data_authority
    return [
        item
        for item in city.contracts.values()
        if every or item.provider == body or item.share == "unconditional" or item.open or item.ref in mine
    ]


def _said(order: Order, contract: Contract) -> None:
    if not order.grounds.strip():
        raise WrongUse("dissent.grounds_missing")
    if order.field is not None and order.kind == "value" and order.field not in {item.name for item in contract.fields}:
        names = [item.name for item in contract.fields]
        raise WrongUse("dissent.field_unknown", field=order.field, near=near(order.field, names))
    if (order.raiser.kind == "outsider") != (order.channel in _FOR_OUTSIDERS):
        raise WrongUse("dissent.channel_wrong", channel=order.channel)
    if order.raiser.kind == "outsider" and not (order.outsider and order.outsider[0].strip()):
        raise WrongUse("dissent.outsider_missing")
    if order.kind == "value" and order.keys is None and order.batch is None:
        raise WrongUse("dissent.nothing_named", contract=contract.ref, keys=list(contract.keys))
    if order.kind == "score" and order.raiser.department != contract.provider:
        raise AccessRefused("quality.not_your_score", contract=contract.ref)
    if order.kind == "score" and order.day is None:
        raise WrongUse("dissent.day_missing")


def _named(connection: Connection, contract: Contract, reader: Reader, order: Order) -> Order:
    """Find what is named and write its keys the one way in which they are compared."""
    if order.kind == "score":
        return replace(order, keys=None, batch=None)
    if order.keys is not None:
        if order.field in contract.keys:
            raise WrongUse("dissent.field_is_key", field=order.field)
        keys = disputes.canonical_keys(contract, order.keys)
        corrections.locate(connection, reader, contract, keys)
        return replace(order, keys=keys, batch=None)
    found = connection.execute(sql()["batch_of"], {"batch": order.batch}).fetchone()
    if found is None or found[0] != contract.ref:
        raise NotKnown("dissent.batch_unknown", batch=order.batch)
    return order


def _write(
    connection: Connection, city: City, contract: Contract, order: Order, at: datetime, code: str, new_id: NewId
) -> Dissent:
    local = at.astimezone(city.zone)
    row = connection.execute(sql()["next_number"], {"year": local.year}).fetchone()
    number = f"{local:%y}-{row[0] if row else 0:04d}"
    id_ = new_id()
    given = {
        "id": id_, "number": number, "hash": hashlib.sha256(code.encode()).digest(), "kind": order.kind,
        "contract": contract.ref, "provider": _answering(city, contract, order),
        "keys": None if order.keys is None else Jsonb(dict(order.keys)), "batch": order.batch, "field": order.field,
        "day": order.day, "seen": clean(order.seen)[:TEXT_CHARACTERS],
        "claimed": clean(order.claimed)[:TEXT_CHARACTERS], "grounds": clean(order.grounds)[:GROUNDS_CHARACTERS],
        "attachment": order.attachment, "raiser_kind": order.raiser.kind, "raiser": order.raiser.ref,
        "raiser_department": order.raiser.department, "channel": order.channel, "at": at,
        "due_at": due(city, at, city.settings.clocks.dissent), "revision": city.revision,
    }  # fmt: skip
    connection.execute(sql()["insert"], given)
    if order.outsider is not None:
        name, contact = (clean(text)[:TEXT_CHARACTERS] for text in order.outsider)
        connection.execute(sql()["keep_outsider"], {"dissent": id_, "name": name, "contact": contact})
    return one(connection, number)


def _answering(city: City, contract: Contract, order: Order) -> str:
    """Name the department that answers: who provides, for its data; who judges, for its scores."""
    return contract.provider if order.kind == "value" else city.settings.data_authority


def due(city: City, at: datetime, days: int) -> datetime:
    """Reckon the end of a period in working days.

    Args:
        city: For its zone.
        at: When the period begins; the day itself does not count.
        days: Working days.

    Returns:
        The end of work on its last day.

    """
    last = add_working_days(at.astimezone(city.zone).date(), days).day
    return datetime.combine(last, END_OF_WORK, city.zone)
