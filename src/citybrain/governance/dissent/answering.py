"""Answering a dissent: the provider corrects at the source or says why not; the raiser accepts, or appeals once.

Source: Nanjing art. 11 (督促提供单位在规定的期限内处理和回复).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from citybrain.city.profile import own_domain
from citybrain.city.whole import City
from citybrain.governance.dissent.case import Dissent, Raiser, clean, held, note, one, sql
from citybrain.governance.dissent.consequences import Errand, consumers_of, note_consumers, order_task, root_cause
from citybrain.governance.dissent.raising import due
from citybrain.hub import corrections, disputes
from citybrain.hub.exchange.columns import BATCH
from citybrain.hub.exchange.reading import Reader
from citybrain.hub.gate import Gate
from citybrain.hub.parcel import Parcel
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import AccessRefused, Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection, Database
from citybrain.safeguards.viewing import Viewer


@dataclass(frozen=True, slots=True)
class Rooms:
    """What an answer with a correction needs: it goes through the gate, which has a transaction of its own."""

    database: Database
    city: City
    gate: Gate
    reader: Reader
    clock: Clock
    new_id: NewId


def uphold(rooms: Rooms, number: str, values: Mapping[str, str], words: str, viewer: Viewer) -> Dissent:
    """Answer that the raiser is right, with the correction as a new version of the row.

    Args:
        rooms: What it needs.
        number: Number of the dissent about a value.
        values: The fields that change, by name; empty where a batch is contested, or where the provider has brought a
            newer row since.
        words: What was found.
        viewer: Who answers.

    Returns:
        The dissent, answered; whoever may use the data is on its list for looking again.

    Raises:
        NotKnown: No such dissent, or no such row any more.
        AccessRefused: It is not this department's dissent.
        Conflicting: It does not wait for an answer.
        WrongUse: The correction is missing or breaks a rule of the contract.

    Source:
        Hangzhou art. 15 (谁提供，谁负责); Nanjing art. 11 (源头治理).

    """
    with rooms.database.transaction() as connection:
        found = held(connection, number)
        _may_answer(found, viewer, rooms.city)
        if found.kind != "value":
            raise WrongUse("dissent.is_about_score", number=number)
        parcel, corrected = _correction(rooms, connection, found, values, words, viewer)
    if parcel is not None:
        receipt = rooms.gate.admit(parcel)
        if not receipt.accepted:
            broken = sorted({reason.rule for reason in receipt.reasons})
            raise WrongUse("dissent.correction_breaks_rules", rules=broken, fields=[r.field for r in receipt.reasons])
        corrected = receipt.batch
    with rooms.database.transaction() as connection:
        found = held(connection, number)
        _may_answer(found, viewer, rooms.city)
        _answer(connection, rooms.city, found, "upheld", words, viewer, rooms.clock, rooms.new_id, corrected)
        answered = one(connection, number)
        consumers = consumers_of(connection, rooms.city, answered, rooms.clock.now())
        note_consumers(connection, answered, consumers, rooms.clock)
        root_cause(connection, rooms.city, answered, rooms.clock, rooms.new_id)
        return answered


def _correction(
    rooms: Rooms, connection: Connection, found: Dissent, values: Mapping[str, str], words: str, viewer: Viewer
) -> tuple[Parcel | None, UUID | None]:
    """Lay the correction out, or find that the provider has brought a newer row by itself."""
    if found.keys is None:
        return None, None
    contract = rooms.city.contracts.get(found.contract)
    if contract is None:
        raise NotKnown("dissent.contract_unknown", contract=found.contract, near=())
    try:
        standing = corrections.locate(connection, rooms.reader, contract, found.keys)
    except NotKnown:
        if values:
            raise
        return None, None
    if values:
        if found.field is not None and found.field not in values:
            raise WrongUse("dissent.correction_missing", field=found.field)
        key = f"dissent:{found.number}:{found.state}"
        reason = f"dissent {found.number}"
        return corrections.correcting(connection, contract, standing, values, reason, viewer.person, key), None
    batch = UUID(standing[BATCH].item())
    row = connection.execute(sql()["arrival"], {"batch": batch}).fetchone()
    if row is None or row[0] <= found.raised_at:
        raise WrongUse("dissent.correction_missing", field=found.field or disputes.WHOLE)
    return None, batch


def reject(
    connection: Connection, city: City, number: str, words: str, viewer: Viewer, clock: Clock, new_id: NewId
) -> Dissent:
    """Answer that the value is right, with the grounds.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        number: Number of the dissent.
        words: The grounds.
        viewer: Who answers.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        NotKnown: No such dissent.
        AccessRefused: It is not this department's dissent.
        Conflicting: It does not wait for an answer, or the data authority has found for the raiser.
        WrongUse: No grounds.

    """
    found = held(connection, number)
    _may_answer(found, viewer, city)
    if found.state == "ordered":
        raise Conflicting("dissent.was_ordered", number=number)
    _answer(connection, city, found, "rejected", words, viewer, clock, new_id, None)
    return one(connection, number)


def answer_score(
    connection: Connection, city: City, number: str, words: str, viewer: Viewer, clock: Clock, new_id: NewId,
    recompute: Callable[[Dissent], None],
) -> Dissent:  # fmt: skip
    """Answer that an objection to a score is right; the score is reckoned anew as a new version.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        number: Number of the dissent about a score.
        words: What was found.
        viewer: Who answers: the data authority, which judges.
        clock: Present instant.
        new_id: Source of identifiers.
        recompute: Reckons the score anew without what was counted wrongly.

    Raises:
        AccessRefused: Not the data authority.
        Conflicting: It does not wait for an answer.
        WrongUse: It is not about a score, or no words.

    Source:
        Hangzhou art. 15 (全面评价).

    """
    found = held(connection, number)
    _may_answer(found, viewer, city)
    if found.kind != "score":
        raise WrongUse("dissent.is_about_value", number=number)
    recompute(found)
    _answer(connection, city, found, "upheld", words, viewer, clock, new_id, None)
    return one(connection, number)


def _may_answer(found: Dissent, viewer: Viewer, city: City) -> None:
    needed = "operate_hub" if found.kind == "score" else "grant_data"
    own = viewer.department == found.provider and needed in viewer.may
    authority = "operate_hub" in viewer.may and viewer.department == city.settings.data_authority
    for_it = authority and not own_domain(city, found.provider)  # a court alone administers its objects
    judge_of_itself = viewer.department == found.raiser_department and viewer.department != found.provider
    if not (own or for_it) or judge_of_itself:
        raise AccessRefused("dissent.not_yours_to_answer", number=found.number, provider=found.provider)
    if found.state not in {"open", "ordered"}:
        raise Conflicting("dissent.wrong_step", number=found.number, state=found.state)


def _answer(
    connection: Connection, city: City, found: Dissent, verdict: Literal["upheld", "rejected"], words: str,
    viewer: Viewer, clock: Clock, new_id: NewId, corrected: UUID | None,
) -> None:  # fmt: skip
    if not words.strip():
        raise WrongUse("dissent.words_missing")
    at = clock.now()
    given = {
        "id": found.id, "verdict": verdict, "at": at, "words": clean(words), "late": at > found.due_at,
        "corrected": corrected, "reaction_due_at": due(city, at, city.settings.clocks.dissent_reaction),
    }  # fmt: skip
    connection.execute(sql()["answer"], given)
    note(connection, found, verdict, viewer.person, words, at, new_id, late=at > found.due_at, corrected=corrected)


def accept(connection: Connection, number: str, raiser: Raiser, words: str, clock: Clock, new_id: NewId) -> Dissent:
    """Close a dissent: the raiser accepts the answer, or takes the dissent back before there is one.

    Args:
        connection: The command's transaction.
        number: Number of the dissent.
        raiser: Who closes it: nobody but the raiser can.
        words: What there is to say.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        NotKnown: No such dissent.
        AccessRefused: Not the raiser.
        Conflicting: Already finished, or the data authority has it.

    Source:
        Nanjing art. 11 (闭环治理机制).

    """
    found = held(connection, number)
    _is_raiser(found, raiser)
    if found.state not in {"open", "answered"}:
        raise Conflicting("dissent.wrong_step", number=number, state=found.state)
    at, state = clock.now(), "closed" if found.state == "answered" else "withdrawn"
    connection.execute(sql()["finish"], {"id": found.id, "state": state, "at": at})
    disputes.lift(connection, found.id, at)
    note(connection, found, state, _who(found, raiser), words, at, new_id)
    return one(connection, number)


def appeal(
    connection: Connection, city: City, number: str, raiser: Raiser, words: str, clock: Clock, new_id: NewId
) -> Dissent:
    """Refuse an answer, once: the data authority then decides.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        number: Number of the dissent.
        raiser: The raiser.
        words: Why.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        AccessRefused: Not the raiser.
        Conflicting: There is no answer, an answer was refused before, or the provider decides alone, as a court does.
        WrongUse: No words.

    """
    found = held(connection, number)
    _is_raiser(found, raiser)
    if own_domain(city, found.provider):
        raise Conflicting("hub.own_domain", department=found.provider)
    if found.appealed_at is not None:
        raise Conflicting("dissent.appealed_before", number=number)
    if found.state != "answered":
        raise Conflicting("dissent.wrong_step", number=number, state=found.state)
    if not words.strip():
        raise WrongUse("dissent.words_missing")
    at, until = clock.now(), due(city, clock.now(), city.settings.clocks.dissent)
    connection.execute(sql()["appeal"], {"id": found.id, "at": at, "due_at": until})
    note(connection, found, "appealed", _who(found, raiser), words, at, new_id, due_at=until)
    errand = Errand("task_appeal", city.settings.data_authority)
    order_task(connection, city, one(connection, number), errand, clock, new_id)
    return one(connection, number)


def decide(
    connection: Connection, city: City, number: str, words: str, viewer: Viewer, clock: Clock, new_id: NewId, *,
    for_raiser: bool,
) -> Dissent:  # fmt: skip
    """Decide on an answer that the raiser refused.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        number: Number of the dissent.
        words: The grounds.
        viewer: The data authority; not the person who gave the answer.
        clock: Present instant.
        new_id: Source of identifiers.
        for_raiser: The provider has to correct; otherwise the answer stands.

    Raises:
        AccessRefused: Not the data authority, the very person who answered, or the provider alone administers its
            objects, as a court does.
        Conflicting: Nothing to decide.
        WrongUse: No grounds.

    """
    found = held(connection, number)
    if "operate_hub" not in viewer.may or viewer.department != city.settings.data_authority:
        raise AccessRefused("dissent.not_yours_to_decide", number=number)
    if for_raiser and own_domain(city, found.provider):
        raise AccessRefused("hub.own_domain", department=found.provider)
    if found.state != "appealed":
        raise Conflicting("dissent.wrong_step", number=number, state=found.state)
    row = connection.execute(sql()["answered_by"], {"dissent": found.id}).fetchone()
    if row is not None and row[0] == viewer.person:
        raise AccessRefused("dissent.same_person", number=number)
    if not words.strip():
        raise WrongUse("dissent.words_missing")
    at, late = clock.now(), clock.now() > found.due_at
    if for_raiser:
        until = due(city, at, city.settings.clocks.dissent)
        connection.execute(sql()["order_correction"], {"id": found.id, "due_at": until})
        note(connection, found, "ordered", viewer.person, words, at, new_id, late=late, due_at=until)
        errand = Errand("task_ordered", found.provider, "warning")
        order_task(connection, city, one(connection, number), errand, clock, new_id)
    else:
        until = due(city, at, city.settings.clocks.dissent_reaction)
        connection.execute(sql()["dismiss"], {"id": found.id, "words": clean(words), "reaction_due_at": until})
        note(connection, found, "dismissed", viewer.person, words, at, new_id, late=late)
    return one(connection, number)


def _is_raiser(found: Dissent, raiser: Raiser) -> None:
    if not found.raised_by(raiser):
        raise AccessRefused("dissent.not_the_raiser", number=found.number)


def _who(found: Dissent, raiser: Raiser) -> str:
    """Name the raiser in the course: a citizen never by a name of theirs."""
    return "citizen" if found.raiser_kind == "citizen" else raiser.ref
