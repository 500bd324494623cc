"""One call of a service: allowed and noted before it is made, allowed once more before its answer is handed over.

The provider is asked between two transactions, in none of them. What left is in evidence by digest.

Source: Hangzhou art. 8, 13; Nanjing art. 7.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import LiteralString
from uuid import UUID

from citybrain.city.contract import Mask
from citybrain.city.whole import City
from citybrain.hub import credentials, emergencies, grants, limits
from citybrain.hub.calls import breaker
from citybrain.hub.calls.address import Called
from citybrain.hub.calls.answers import Cut, masks_of
from citybrain.hub.grants import HeldGrant
from citybrain.hub.release import refusal
from citybrain.kernel.clock import Clock, city_day
from citybrain.kernel.errors import AccessRefused, CityBrainError, NotKnown, TooOften, Unavailable, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection, Database
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence
from citybrain.safeguards.authorization.rulebook import Decision, Rulebook, Use
from citybrain.safeguards.purpose_keys import purpose_key

_ENDS = {"failed": "hub:call:failed", "withheld": "hub:call:withheld"}
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Body:
    """A body by its size and digest.

    Attributes:
        sha256: 32 bytes.

    """

    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Asking:
    """A call somebody wants to make.

    Attributes:
        secret: The consumer's system key.
        purpose: One of the service's purposes.
        trace: Trace id, 32 hexadecimal digits.
        signed_with: Id of the key the request was signed with, after the signature was found good.

    """

    called: Called
    secret: str
    purpose: str
    body: Body
    trace: str
    signed_with: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A call that may be made now.

    Attributes:
        system: Ref of the calling system.
        grant: Name of the grant it rests on.
        troubled: Whether the circuit has counted failures.
        started: Reading of the monotonic clock, in seconds.

    """

    id: UUID
    asking: Asking
    system: str
    department: str
    grant: str
    troubled: bool
    started: float


@dataclass(frozen=True, slots=True)
class Pass:
    """Leave to hand an answer over.

    Attributes:
        cut: What of it may leave, and how.
        masks: How granted fields are covered.
        fields: The operation and the granted fields of its answer.

    """

    held: HeldGrant
    cut: Cut
    masks: Mapping[str, Mask]
    fields: tuple[str, ...]


Shown = Callable[[Pass], Body]


class Caller:
    """Lets calls through for one process."""

    def __init__(
        self, database: Database, city_now: Callable[[], City], rulebook: Callable[[], Rulebook], key_file: Path | None,
        clock: Clock, new_id: NewId,
    ) -> None:  # fmt: skip
        """Set it up.

        Args:
            database: Where grants and evidence are.
            city_now: Gives the revision in force.
            rulebook: Gives its policies.
            key_file: Wraps the keys of tokens; none where the database alone keeps them.
            clock: Present instant.
            new_id: Source of identifiers.

        """
        self._database, self._city_now, self._rulebook = database, city_now, rulebook
        self._key_file, self._clock, self._new_id = key_file, clock, new_id

    def begin(self, asking: Asking) -> Begun:
        """Allow a call and note it, before the provider is asked.

        Args:
            asking: The call.

        Raises:
            NotAuthenticated: The key is unknown or revoked.
            AccessRefused: No grant or a rule against it; says which, and what to apply for.
            TooOften: More calls in this minute than agreed.
            Unavailable: The service is left alone to recover.

        """
        if not asking.purpose:
            raise WrongUse("calls.purpose_missing")
        service, started, at = asking.called.service, time.monotonic(), self._clock.now()
        with self._database.transaction() as connection:
            system = credentials.authenticate(connection, asking.secret)
            owner = self._owner(system)
            decision, held, _ = self._decide(connection, asking, system, counting=True)
            if decision.allowed and held is not None:
                limits.count(connection, held, 1, self._today())
                circuit = breaker.pass_through(connection, service, at)
                call = self._new_id()
                row = connection.execute(
                    _sql()["begin"],
                    {
                        "id": call, "trace": asking.trace, "service": service.ref,
                        "operation": asking.called.route.operation, "hub_grant": held.id, "department": owner,
                        "system": system, "purpose": asking.purpose, "method": asking.called.route.method,
                        "bytes": asking.body.size, "sha256": asking.body.sha256, "signed_with": asking.signed_with,
                        "at": at, "minute": at.replace(second=0, microsecond=0),
                    },
                ).fetchone()  # fmt: skip
                if row is not None and row[0] > service.quota:
                    seconds = int((at.replace(second=0, microsecond=0) + _MINUTE - at).total_seconds()) + 1
                    raise TooOften("calls.too_often", service=service.ref, quota=service.quota, retry_after_s=seconds)
                troubled = circuit.failures > 0 or circuit.open_until is not None
                return Begun(call, asking, system, owner, held.name, troubled, started)
        self._note_refusal(asking, system, owner, decision)
        raise refusal(decision, service.ref)

    def finish(
        self, begun: Begun, status: int, answer: Body, attempts: int, show: Shown, release: UUID | None = None,
        *, again: bool = False,
    ) -> Body:  # fmt: skip
        """Allow an answer to be handed over, and note that it was.

        Args:
            begun: The call.
            status: Status the provider answered with.
            answer: What it answered.
            attempts: How often it was asked.
            show: Makes what leaves out of the answer; told what is allowed, gives its size and digest.
            release: What this handing over is called; the call's own name where an answer is handed over once.
            again: Whether it was handed over before: each time is a use.

        Returns:
            What leaves.

        Raises:
            AccessRefused: The grant was closed, narrowed or has run out meanwhile; nothing leaves.

        """
        called = begun.asking.called
        with self._database.transaction() as connection:
            decision, held, fields = self._decide(connection, begun.asking, begun.system, counting=again)
            if decision.allowed and held is not None:
                if again:
                    limits.count(connection, held, 1, self._today())
                if begun.troubled and status < 500:
                    breaker.answered(connection, called.service, self._clock.now())
                granted = [item for item in called.operation.fields if item.name in fields]
                masks = masks_of(granted, held.clear_fields, begun.asking.purpose)
                token = "token" in masks.values()
                key = purpose_key(connection, begun.asking.purpose, key_file=self._key_file) if token else b""
                leave = Pass(held, Cut.of(called.operation, fields, masks, key), masks, fields)
                shown = show(leave)
                self._note_answer(connection, begun, leave, (status, attempts), answer, shown, release or begun.id)
                return shown
        self._end(begun, "withheld", status, attempts, answer, "grant")
        raise AccessRefused("calls.withheld", service=called.service.ref, grant=begun.grant)

    def fail(self, begun: Begun, failure: str, attempts: int, status: int | None = None) -> CityBrainError:
        """Note that a service did not answer as it should.

        Args:
            begun: The call.
            failure: down, timeout, fault or unreadable.
            attempts: How often it was asked.
            status: Its status, where it answered at all.

        Returns:
            What the consumer is told.

        """
        service = begun.asking.called.service
        circuit = self._end(begun, "failed", status, attempts, None, failure)
        at = self._clock.now()
        if circuit.state(at) == "open" and circuit.open_until is not None:
            return breaker.stopped(service, circuit.open_until, at)
        pause = max(1, int(service.timeout.total_seconds()))
        told = {"service": service.ref, "retry_after_s": pause}
        match failure:
            case "down":
                return Unavailable("calls.down", **told)
            case "timeout":
                return Unavailable("calls.timeout", seconds=service.timeout.total_seconds(), **told)
            case "fault":
                return Unavailable("calls.fault", status=status, **told)
            case _:
                return Unavailable("calls.unreadable", **told)

    def _today(self) -> date:
        return city_day(self._clock.now(), self._city_now().zone)

    def _owner(self, system: str) -> str:
        known = self._city_now().systems.get(system)
        if known is None:
            raise NotKnown("hub.system_unknown", system=system, near=())
        return known.owner

    def _decide(
        self, connection: Connection, asking: Asking, system: str, *, counting: bool = False
    ) -> tuple[Decision, HeldGrant | None, tuple[str, ...]]:
        """Decide on the operation with as many fields of its answer as a grant names."""
        known, at, called = self._city_now().systems.get(system), self._clock.now(), asking.called
        if known is None:
            raise NotKnown("hub.system_unknown", system=system, near=())
        held = grants.of_department(connection, known.owner, called.service.ref)
        name, running = called.route.operation, known.status == "running"
        emergency = any(emergencies.runs(connection, item.emergency, at) for item in held if item.emergency)

        def use(fields: tuple[str, ...]) -> Use:
            return Use(known.owner, called.service.ref, asking.purpose, fields, at, running, emergency, name)

        # Counted when the call begins: an answer is not withheld because its own call was the last one.
        now = limits.standing(connection, self._city_now(), held if counting else (), at)
        for item in (one for one in now.free(held) if one.purpose == asking.purpose):
            fields = (name, *(field.name for field in called.operation.fields if field.name in item.fields))
            decision = self._rulebook().decide(use(fields), [item.permit()])
            if decision.allowed:
                return decision, item, fields
        return limits.decide(self._rulebook(), use((name,)), held, now), None, ()

    def _note_answer(
        self, connection: Connection, begun: Begun, leave: Pass, how: tuple[int, int], answer: Body, shown: Body,
        release: UUID,
    ) -> None:  # fmt: skip
        status, attempts = how
        at, asking, duration = self._clock.now(), begun.asking, int((time.monotonic() - begun.started) * 1000)
        service = asking.called.service
        facts = {
            **_facts(begun), "grant": leave.held.id, "fields": list(leave.fields), "status": status,
            "attempts": attempts, "duration_ms": duration, "answer_bytes": answer.size,
            "answer_sha256": answer.sha256.hex(), "bytes": shown.size, "sha256": shown.sha256.hex(),
        }  # fmt: skip
        entry = evidence.write(connection, "hub:call:answered", service.ref, facts, at, self._new_id)
        given = {
            "id": begun.id, "release": release, "state": "answered", "status": status, "attempts": attempts,
            "bytes": shown.size, "sha256": shown.sha256, "answer_bytes": answer.size, "answer_sha256": answer.sha256,
            "duration_ms": duration, "at": at, "failure": None, "evidence": entry.id, "hub_grant": leave.held.id,
            "thing": service.ref, "department": begun.department, "system": begun.system, "purpose": asking.purpose,
            "fields": list(leave.fields), "rows": 1,
        }  # fmt: skip
        connection.execute(_sql()["answered"], given)

    def _end(
        self, begun: Begun, state: str, status: int | None, attempts: int, answer: Body | None, failure: str
    ) -> breaker.Circuit:
        at, duration = self._clock.now(), int((time.monotonic() - begun.started) * 1000)
        service, circuit = begun.asking.called.service, breaker.Circuit()
        facts = {**_facts(begun), "status": status, "attempts": attempts, "duration_ms": duration, "failure": failure}
        with self._database.transaction() as connection:
            entry = evidence.write(connection, _ENDS[state], service.ref, facts, at, self._new_id)
            given = {
                "id": begun.id, "state": state, "status": status, "attempts": attempts,
                "answer_bytes": answer.size if answer else None, "answer_sha256": answer.sha256 if answer else None,
                "duration_ms": duration, "at": at, "failure": failure, "evidence": entry.id,
            }  # fmt: skip
            if connection.execute(_sql()["end"], given).fetchone() is None:
                return circuit  # its end was counted before: somebody fetches an answer again
            limits.give_back(connection, begun.grant, 1, self._today())
            if state == "failed":
                circuit = breaker.failed(connection, service, at)
            elif begun.troubled:
                breaker.answered(connection, service, at)
        return circuit

    def _note_refusal(self, asking: Asking, system: str, department: str, decision: Decision) -> None:
        facts = {
            "system": system, "department": department, "purpose": asking.purpose,
            "operation": asking.called.route.operation, "rules": [rule.id for rule in decision.rules],
            "lacks": [lack.kind for lack in decision.lacks],
        }  # fmt: skip
        with self._database.transaction() as connection:
            at = self._clock.now()
            evidence.write(connection, "hub:call:refused", asking.called.service.ref, facts, at, self._new_id)


def _facts(begun: Begun) -> dict[str, object]:
    asking = begun.asking
    return {
        "call": begun.id, "operation": asking.called.route.operation, "department": begun.department,
        "system": begun.system, "purpose": asking.purpose, "trace": asking.trace, "signed_with": asking.signed_with,
        "request_bytes": asking.body.size, "request_sha256": asking.body.sha256.hex(),
    }  # fmt: skip


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub.calls", "calling")
