"""The gate: the only way into the hub (中枢). Authorise, parse, judge, make true in one transaction, then give a receipt.

Source: Hangzhou art. 8, 13, 15.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
from psycopg.types.json import Jsonb

from citybrain.city.contract import Contract
from citybrain.city.names import near
from citybrain.city.whole import City
from citybrain.hub.exchange import log as exchange
from citybrain.hub.exchange.log import Admission, Log
from citybrain.hub.exchange.payload import pack, store_file
from citybrain.hub.formats import Layout, Parsed, parse
from citybrain.hub.history import drop_known
from citybrain.hub.quarantine import set_aside_rows
from citybrain.hub.receipt import FIRST_REASONS, Reason, Receipt
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import AccessRefused, Conflicting, NotKnown
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection, Database
from citybrain.safeguards import evidence
from citybrain.safeguards.checks import Arrival
from citybrain.safeguards.quality import Verdict, judge


@dataclass(frozen=True, slots=True)
class Parcel:
    """A batch on its way in.

    Attributes:
        contract: Ref of the contract it claims to fulfil.
        system: Ref of the system that was authenticated.
        content: The bytes with their layout, or rows that a connector has read.
        sha256: Digest of the bytes (of the file, for a connector).
        key: Idempotency key; the same key returns the first receipt.
        delivery: What the batch is a part of; none for a delivery of one.
        repair: Batch, row and person when this is a mended row.

    """

    contract: str
    system: str
    content: tuple[bytes, Layout] | Parsed
    sha256: bytes
    key: str
    delivery: UUID | None = None
    part: int = 1
    repair: tuple[UUID, int, str] | None = None


@dataclass(frozen=True, slots=True)
class Store:
    """Where payloads go.

    Attributes:
        folder: Folder of large payloads.
        inline_bytes: Payloads up to this size stand in the log row.

    """

    folder: Path
    inline_bytes: int


References = Callable[[Contract], Mapping[str, pl.Series]]


class Gate:
    """Admits batches for one process."""

    def __init__(
        self,
        database: Database,
        city_now: Callable[[], City],
        references: References,
        store: Store,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        """Set the gate up.

        Args:
            database: Where the log is.
            city_now: Gives the revision in force.
            references: Gives the allowed values for reference rules of a contract.
            store: Where payloads go.
            clock: Present instant.
            new_id: Source of identifiers.

        """
        self._database = database
        self._city_now = city_now
        self._references = references
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._log = Log(database)

    def admit(self, parcel: Parcel) -> Receipt:
        """Take a batch in: bad rows are set aside with reasons, the rest becomes part of the log.

        Args:
            parcel: The batch.

        Returns:
            The receipt, after its commit; ``received == accepted + set_aside``.

        Raises:
            NotKnown: No such contract.
            AccessRefused: The system may not provide it.
            Conflicting: The key was used before for other content.
            BatchRefused: Nothing in it can be read.
            Unavailable: The database is away or the disk full; nothing was taken.

        Source:
            Hangzhou art. 15 (谁提供，谁负责).

        """
        city = self._city_now()
        contract = self._authorise(city, parcel)
        known = self._delivered_before(parcel)
        if known is not None:
            return known
        at = self._clock.now()
        parsed = parcel.content if isinstance(parcel.content, Parsed) else parse(*parcel.content)
        if any(rule.kind == "unique" and rule.scope == "history" for rule in contract.rules):

            def decide(connection: Connection) -> Admission:
                verdict = self._judge(connection, contract, parsed, at)
                verdict, keys = drop_known(connection, contract, verdict, parsed)
                return self._conclude(city, contract, parcel, parsed, verdict, at, keys)

            return self._log.append_with_history(contract.ref, decide)
        if any(rule.kind == "drift" for rule in contract.rules):
            with self._database.reading() as connection:
                verdict = self._judge(connection, contract, parsed, at)
        else:
            verdict = self._judge(None, contract, parsed, at)
        return self._log.append(self._conclude(city, contract, parcel, parsed, verdict, at, ()))

    def _authorise(self, city: City, parcel: Parcel) -> Contract:
        contract = city.contracts.get(parcel.contract)
        if contract is None:
            raise NotKnown("hub.contract_unknown", contract=parcel.contract, near=near(parcel.contract, city.contracts))
        system = city.systems.get(parcel.system)
        if system is None or parcel.contract not in system.provides:
            raise AccessRefused("hub.may_not_provide", system=parcel.system, contract=parcel.contract)
        if system.status != "running":
            raise AccessRefused("hub.system_not_running", system=parcel.system, status=system.status)
        if contract.status in {"retired", "deprecated"} and contract.sunset is None:
            raise AccessRefused("hub.contract_retired", contract=contract.ref)
        return contract

    def _delivered_before(self, parcel: Parcel) -> Receipt | None:
        with self._database.reading() as connection:
            receipt = exchange.find_delivered(connection, parcel.contract, parcel.system, parcel.key)
            if receipt is not None and exchange.body_of(connection, receipt.batch) != parcel.sha256:
                raise Conflicting("hub.key_reused", key=parcel.key, batch=receipt.batch)
        return receipt

    def _judge(self, connection: Connection | None, contract: Contract, parsed: Parsed, at: datetime) -> Verdict:
        known = exchange.medians(connection, contract.ref) if connection is not None else {}
        arrival = Arrival(at, self._references(contract), known)
        return judge(parsed.frame, parsed.rows, contract, arrival, nul_possible=parsed.nul_possible)

    def _conclude(
        self,
        city: City,
        contract: Contract,
        parcel: Parcel,
        parsed: Parsed,
        verdict: Verdict,
        at: datetime,
        new_keys: tuple[tuple[str, bytes], ...],
    ) -> Admission:
        """Turn a verdict into everything the transaction must make true."""
        batch = self._new_id()
        refused = _refusal(verdict)
        kept = verdict.values.filter(verdict.kept) if refused is None else verdict.values.clear()
        payload = pack(kept, verdict.rows.filter(verdict.kept), contract) if refused is None else None
        stored = None
        if payload is not None and len(payload.data) > self._store.inline_bytes:
            stored = store_file(self._store.folder, contract.ref, batch, payload.data)
        rows = set_aside_rows(parsed, verdict, everything=refused is not None)
        accepted = kept.height
        facts = {
            "contract": contract.ref,
            "system": parcel.system,
            "received": parsed.received,
            "accepted": accepted,
            "set_aside": parsed.received - accepted,
            "came_sha256": parcel.sha256.hex(),
            "kept_sha256": payload.sha256.hex() if payload else None,
            "revision": city.revision,
            "key": parcel.key,
        }
        act = "hub:batch:admitted" if refused is None else "hub:batch:refused"
        entry, body = evidence.prepare(act, str(batch), facts, at, self._new_id)
        receipt = Receipt(
            batch=batch,
            contract=contract.ref,
            system=parcel.system,
            delivery=parcel.delivery or batch,
            part=parcel.part,
            status="admitted" if refused is None else "refused",
            received=parsed.received,
            accepted=accepted,
            set_aside=parsed.received - accepted,
            warned=verdict.warned,
            reasons=tuple(Reason(row=row.row, **reason) for row in rows[:FIRST_REASONS] for reason in row.reasons)[
                :FIRST_REASONS
            ],
            broken=dict(sorted({**verdict.tallies, **_broken_lines(parsed)}.items())),
            evidence=entry.id,
            evidence_sha256=entry.sha256,
            position=None,
            arrived_at=at,
            unknown_fields=parsed.unknown,
            jumps=verdict.jumps,
            refused=refused,
        )
        return Admission(
            receipt=receipt,
            key=parcel.key,
            body_sha256=parcel.sha256,
            revision=city.revision,
            payload=payload,
            stored_file=stored,
            set_aside=rows,
            tallies=_tally_rows(batch, contract, receipt),
            entry=entry,
            entry_body=body,
            medians=verdict.medians if refused is None else {},
            repair=parcel.repair,
            new_keys=new_keys if refused is None else (),
        )


def _refusal(verdict: Verdict) -> tuple[str, dict[str, Any]] | None:
    if verdict.refused_by is None:
        return None
    rule, share = verdict.refused_by
    return "hub.share_of_broken_rows", {"rule": rule, "share_pct": round(share * 100, 1), "rows": verdict.tallies[rule]}


def _broken_lines(parsed: Parsed) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in parsed.broken:
        found[line.reason] = found.get(line.reason, 0) + 1
    return found


def _tally_rows(batch: UUID, contract: Contract, receipt: Receipt) -> list[dict[str, Any]]:
    rules = {rule.name: rule for rule in contract.rules}
    made = []
    for name, broken in receipt.broken.items():
        rule = rules.get(name)
        jumps = [
            {"period": jump.period, "median": jump.median, "before": jump.before, "rows": jump.rows}
            for jump in receipt.jumps
            if jump.rule == name
        ]
        made.append(
            {
                "batch": batch,
                "rule": name,
                "dimension": rule.dimension if rule else "conformity",
                "on_break": rule.on_break if rule else "set_aside",
                "broken": broken,
                "detail": Jsonb(jumps) if jumps else None,
            }
        )
    return made


def digest(body: bytes) -> bytes:
    """Digest a body for its parcel.

    Args:
        body: What came, whole.

    """
    return hashlib.sha256(body).digest()
