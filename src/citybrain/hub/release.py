"""Release: the only way out of the hub. A grant, the policies, the masks, the evidence, then the rows.

All of it is one transaction that holds the grant: a grant that was closed before lets nothing out, and one that is
closed now waits until what is leaving has left evidence.

Source: Hangzhou art. 8, 13, 16; Nanjing art. 7.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, LiteralString
from uuid import UUID

import polars as pl

from citybrain.city.contract import Contract, FieldKind, Mask
from citybrain.city.expression import Expression
from citybrain.city.names import near
from citybrain.city.whole import City
from citybrain.hub import disputes, emergencies, grants, limits, personal
from citybrain.hub.exchange.columns import POSITION
from citybrain.hub.exchange.payload import INSTANT, ROW
from citybrain.hub.exchange.reading import Reader
from citybrain.hub.grants import HeldGrant
from citybrain.hub.limits import Standing
from citybrain.hub.personal import Persons
from citybrain.hub.question import MOST_ROWS, Place, Question, condition_of, field_of, written
from citybrain.kernel.clock import Clock, city_day
from citybrain.kernel.errors import AccessRefused, NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection, Database
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence
from citybrain.safeguards.authorization.rows import Asker, rows_allowed
from citybrain.safeguards.authorization.rulebook import Decision, Rulebook, Use, house_policies
from citybrain.safeguards.classification import proposed_kinds
from citybrain.safeguards.detection import protect
from citybrain.safeguards.expressions import Surroundings, compile_rows
from citybrain.safeguards.masking import mask, mask_of
from citybrain.safeguards.purpose_keys import purpose_key

Channel = Literal["query", "push", "stream", "export", "call"]
STEP_ROWS = 50_000
_STANDING = ("push", "stream")  # where an empty page was only a look
_STEPS = 500
_END = 2**31 - 1  # a place after every row of its batch


@dataclass(frozen=True, slots=True)
class Release:
    """What left the hub.

    Attributes:
        body: The rows as written.
        place: Place of the last row looked at; ask after it for what follows.
        more: Whether there is more after that place.
        masks: How the fields that are not in clear left.
        places: Place of each row, in order.

    """

    id: UUID
    grant: str
    body: bytes
    rows: int
    fields: tuple[str, ...]
    masks: Mapping[str, Mask]
    place: Place | None
    more: bool
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class _Answer:
    frame: pl.DataFrame
    place: Place | None
    more: bool


class Releaser:
    """Lets rows out for one process."""

    def __init__(
        self, database: Database, city_now: Callable[[], City], reader: Reader, key_file: Path | None, clock: Clock,
        new_id: NewId,
    ) -> None:  # fmt: skip
        """Set the way out up.

        Args:
            database: Where grants and evidence are.
            city_now: Gives the revision in force.
            reader: Reads relations.
            key_file: Wraps the keys of tokens; none where the database alone keeps them.
            clock: Present instant.
            new_id: Source of identifiers.

        """
        self._database, self._city_now, self._reader = database, city_now, reader
        self._key_file, self._clock, self._new_id = key_file, clock, new_id
        self._rulebook: tuple[City, Rulebook] | None = None

    def release(self, question: Question, system: str, form: str = "ndjson", channel: Channel = "query") -> Release:
        """Answer a question, as far as grant and policies go.

        Args:
            question: What is asked.
            system: Ref of the asking system; its owner is who uses the data.
            form: ndjson, csv or arrow.
            channel: How it leaves.

        Returns:
            The rows with what was done to them, after their evidence has committed.

        Raises:
            NotKnown: No such contract, system or field.
            AccessRefused: No grant or a rule against it; says which, and what to apply for. Or the one person who is
                asked for does not agree.
            WrongUse: The question cannot be understood.

        """
        city, begun = self._city_now(), time.monotonic()
        contract = city.contracts.get(question.contract)
        if contract is None:
            wanted = question.contract
            raise NotKnown("hub.contract_unknown", contract=wanted, near=near(wanted, city.contracts))
        known = city.systems.get(system)
        if known is None:
            raise NotKnown("hub.system_unknown", system=system, near=near(system, city.systems))
        if not 1 <= question.limit <= MOST_ROWS:
            raise WrongUse("hub.limit_wrong", most=MOST_ROWS)
        with self._database.transaction() as connection:
            goes_on = channel == "export" and question.after is not None
            decision, held, now, asked = self._decide(connection, city, contract, question, system, goes_on=goes_on)
            if decision.allowed and held is not None:
                fitting = replace(asked, limit=limits.most_rows(held, now, question.limit))
                given = self._let_out(connection, city, contract, fitting, held, (system, form, channel, begun))
                if given is not None:
                    return given
        if decision.allowed:
            raise AccessRefused("hub.consent_missing", contract=contract.ref, purpose=question.purpose)
        self._note_refusal(question, system, known.owner, decision)
        raise refusal(decision, question.contract)

    def require(self, question: Question, system: str, *, counted: bool = False) -> Mapping[str, Mask]:
        """Stop who may not have rows now; nothing leaves and nothing is written.

        Args:
            question: What would be asked.
            system: Ref of the asking system.
            counted: It is about rows whose use was counted before: limits do not stand against it.

        Returns:
            How the fields that are not in clear would leave now.

        Raises:
            NotKnown: No such contract, system or field.
            AccessRefused: No grant or a rule against it, or a condition on a field that does not leave in clear.

        """
        city = self._city_now()
        contract = city.contracts.get(question.contract)
        if contract is None:
            wanted = question.contract
            raise NotKnown("hub.contract_unknown", contract=wanted, near=near(wanted, city.contracts))
        if system not in city.systems:
            raise NotKnown("hub.system_unknown", system=system, near=near(system, city.systems))
        with self._database.transaction() as connection:
            decision, held, _, asked = self._decide(connection, city, contract, question, system, counted=counted)
            if not decision.allowed or held is None:
                raise refusal(decision, question.contract)
            contract = protect(contract, proposed_kinds(connection, contract.ref))
            masks = self._masks(contract, held, asked.fields or held.fields)
            _require_granted(asked, held, masks)
            return masks

    def rulebook(self) -> Rulebook:
        """Return the policies in force, parsed once a revision."""
        city = self._city_now()
        if self._rulebook is None or self._rulebook[0] is not city:
            self._rulebook = (city, Rulebook(city))
        return self._rulebook[1]

    def _decide(
        self, connection: Connection, city: City, contract: Contract, question: Question, system: str, *,
        goes_on: bool = False, counted: bool = False,
    ) -> tuple[Decision, HeldGrant | None, Standing, Question]:  # fmt: skip
        known, at = city.systems[system], self._clock.now()
        held = grants.of_department(connection, known.owner, contract.ref)
        held = [item for item in held if question.grant in {None, item.name}]
        for name in question.fields or ():
            field_of(contract, name)
        emergency = any(emergencies.runs(connection, item.emergency, at) for item in held)
        now = limits.standing(connection, city, () if counted else held, at, goes_on=goes_on)

        def use(fields: Iterable[str]) -> Use:
            whole, running = tuple(dict.fromkeys(fields)), known.status == "running"
            return Use(known.owner, contract.ref, question.purpose, whole, at, running, emergency)

        refused: Decision | None = None
        fitting = [item for item in now.free(held) if item.purpose == question.purpose and item.holds(at)]
        for item in fitting:
            # What leaves and what is asked by are decided on alike: a filter tells a value as well as a column does.
            fields = item.fields if question.fields is None else question.fields
            asked_by = (one.field for one in question.where if one.field in item.fields)
            decision = self.rulebook().decide(use((*fields, *asked_by)), [item.permit()])
            if decision.allowed:
                return decision, item, now, replace(question, fields=tuple(fields))
            refused = refused or decision
        wanted = question.fields if question.fields is not None else next((item.fields for item in fitting), ())
        decision = limits.decide(self.rulebook(), use(wanted), held, now)
        return refused if refused is not None and decision.allowed else decision, None, now, question

    def _let_out(
        self, connection: Connection, city: City, contract: Contract, question: Question, held: HeldGrant,
        how: tuple[str, str, Channel, float],
    ) -> Release | None:  # fmt: skip
        """Let rows out; none where the one person who was asked for does not agree, which is in evidence then."""
        system, form, channel, begun = how
        contract = protect(contract, proposed_kinds(connection, contract.ref))
        fields = question.fields or held.fields
        persons = personal.concerned(connection, contract, held, fields, self._key_file)
        masks = self._masks(contract, held, fields)
        _require_granted(question, held, masks)
        if persons is not None and persons.withheld(connection, question, system, self._clock.now(), self._new_id):
            return None
        answer = self._read(connection, city, contract, question, held, persons)
        marks = disputes.marks(connection, contract.ref)
        told = disputes.annotate(answer.frame, contract, marks) if marks else answer.frame
        shown = self._covered(connection, told, contract, question.purpose, masks)
        body = written(_as_asked(shown, fields, form), form)
        release = self._new_id()
        self._note(connection, release, held, system, channel, fields, shown.height, body, begun)
        later_page = channel == "export" and question.after is not None
        counted = not later_page and (shown.height > 0 or channel not in _STANDING)
        limits.count(connection, held, shown.height, city_day(self._clock.now(), city.zone), uses=int(counted))
        if persons is not None:
            persons.note(connection, release, answer.frame)
        places = tuple(Place(*row) for row in told.select(POSITION, ROW).iter_rows())
        return Release(release, held.name, body, shown.height, tuple(fields), masks, answer.place, answer.more, places)

    def _masks(self, contract: Contract, held: HeldGrant, fields: tuple[str, ...]) -> dict[str, Mask]:
        masks = {name: mask_of(contract.field(name), held.purpose) for name in {*fields, *held.fields}}
        return {name: how for name, how in masks.items() if how != "none" and name not in held.clear_fields}

    def _covered(
        self, connection: Connection, frame: pl.DataFrame, contract: Contract, purpose: str, masks: Mapping[str, Mask]
    ) -> pl.DataFrame:
        if not masks:
            return frame
        kinds: dict[str, FieldKind | None] = {name: contract.field(name).kind for name in masks}
        return mask(frame, masks, kinds, purpose_key(connection, purpose, key_file=self._key_file))

    def _read(
        self, connection: Connection, city: City, contract: Contract, question: Question, held: HeldGrant,
        persons: Persons | None,
    ) -> _Answer:  # fmt: skip
        fits = self._fitting(city, contract, question, held)
        fits = fits if persons is None else fits & persons.agree()
        if question.view == "current":
            rows = self._reader.current(connection, contract).filter(_after(question.after), fits)
            frame = rows.sort(POSITION, ROW).head(question.limit + 1).collect()
            return _page(frame, question.limit, None)
        found: list[pl.DataFrame] = []
        count, place = 0, question.after or Place(0, 0)
        while count <= question.limit:
            steps = self._steps(connection, contract, place)
            if steps is None:
                break
            rows = self._reader.relation(connection, contract, after=max(place.position - 1, 0))
            part = rows.filter(_after(place), pl.col(POSITION) <= steps, fits).sort(POSITION, ROW).collect()
            found.append(part)
            count, place = count + part.height, Place(steps, _END)
        frame = pl.concat(found) if found else self._reader.relation(connection, contract).head(0).collect()
        return _page(frame, question.limit, place if found else question.after)

    def _steps(self, connection: Connection, contract: Contract, place: Place) -> int | None:
        """Return up to which position a step reads; none when nothing follows."""
        sql = statements("citybrain.hub", "release")["steps"]
        after = place.position - 1 if place.row < _END else place.position
        given = {"contract": contract.ref, "after": after, "limit": _STEPS}
        total, last = 0, None
        for position, accepted in connection.execute(sql, given).fetchall():
            total, last = total + accepted, position
            if total >= STEP_ROWS:
                break
        return last

    def _fitting(self, city: City, contract: Contract, question: Question, held: HeldGrant) -> pl.Expr:
        department = city.departments[held.department]
        asker = Asker(department, frozenset(city.above(department.ref)), question.purpose)
        texts = "\n".join([house_policies(), *(item.cedar for item in city.policies.values())])
        fits = [rows_allowed(texts, contract, asker)]
        if held.rows is not None:
            made = compile_rows(Expression(held.rows), Surroundings(contract.zone))
            fits.append(made.value.fill_null(value=False))
        fits += [condition_of(condition, contract) for condition in question.where]
        if question.since is not None:
            fits.append((pl.col(INSTANT) >= question.since).fill_null(value=False))
        if question.until is not None:
            fits.append((pl.col(INSTANT) < question.until).fill_null(value=False))
        return pl.all_horizontal(fits)

    def _note(
        self, connection: Connection, release: UUID, held: HeldGrant, system: str, channel: Channel,
        fields: tuple[str, ...], rows: int, body: bytes, begun: float,
    ) -> None:  # fmt: skip
        at, digest = self._clock.now(), hashlib.sha256(body).digest()
        facts = {
            "release": release, "grant": held.id, "thing": held.thing, "department": held.department,
            "system": system, "purpose": held.purpose, "channel": channel, "fields": list(fields), "rows": rows,
            "bytes": len(body), "sha256": digest.hex(),
        }  # fmt: skip
        entry = evidence.write(connection, "hub:release:given", held.thing, facts, at, self._new_id)
        given = {
            "id": release, "hub_grant": held.id, "thing": held.thing, "department": held.department,
            "system": system, "purpose": held.purpose, "channel": channel, "fields": list(fields), "rows": rows,
            "bytes": len(body), "sha256": digest, "at": at,
            "duration_ms": int((time.monotonic() - begun) * 1000), "evidence": entry.id,
        }  # fmt: skip
        connection.execute(_sql()["insert"], given)

    def _note_refusal(self, question: Question, system: str, department: str, decision: Decision) -> None:
        facts = {
            "system": system, "department": department, "purpose": question.purpose,
            "rules": [rule.id for rule in decision.rules], "lacks": [lack.kind for lack in decision.lacks],
        }  # fmt: skip
        with self._database.transaction() as connection:
            at = self._clock.now()
            evidence.write(connection, "hub:release:refused", question.contract, facts, at, self._new_id)


def refusal(decision: Decision, thing: str) -> AccessRefused:
    """Say why nothing may leave, and what to apply for.

    Args:
        decision: A no.
        thing: Ref of what was asked for.

    """
    forbidding = [rule for rule in decision.rules if rule.effect == "forbid"]
    if forbidding:
        said = {"zh": "；".join(rule.said.zh for rule in forbidding), "en": "; ".join(r.said.en for r in forbidding)}
        articles = [rule.article for rule in forbidding if rule.article]
        return AccessRefused("hub.use_forbidden", thing=thing, rules=said, articles=articles)
    if not decision.lacks:
        return AccessRefused("hub.use_no_grant", thing=thing, purpose="—")
    lack = decision.lacks[0]
    return AccessRefused(f"hub.use_{lack.kind}", **{"thing": thing, **lack.values})


def _require_granted(question: Question, held: HeldGrant, masks: Mapping[str, Mask]) -> None:
    for condition in question.where:
        if condition.field not in held.fields or masks.get(condition.field, "none") != "none":
            # What leaves covered must not be found out by asking for it.
            raise AccessRefused("hub.filter_not_granted", field=condition.field, grant=held.name)


def _as_asked(shown: pl.DataFrame, fields: tuple[str, ...], form: str) -> pl.DataFrame:
    """Choose the columns that leave; what is in dispute is told beside them, in CSV as one text."""
    if disputes.IN_DISPUTE not in shown.columns:
        return shown.select(fields)
    told = pl.col(disputes.IN_DISPUTE)
    return shown.select(*fields, told.list.join(" ") if form == "csv" else told)


def _after(place: Place | None) -> pl.Expr:
    if place is None:
        return pl.lit(value=True)
    later = pl.col(POSITION) > place.position
    return later | ((pl.col(POSITION) == place.position) & (pl.col(ROW) > place.row))


def _page(frame: pl.DataFrame, limit: int, end: Place | None) -> _Answer:
    more = frame.height > limit
    kept = frame.head(limit)
    last = Place(*kept.select(POSITION, ROW).row(-1)) if kept.height and (more or end is None) else end
    return _Answer(kept, last, more)


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "release")
