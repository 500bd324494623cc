"""The gate.

The only way into the hub (中枢). Authorise, parse, judge, make true in one transaction, then give a receipt.

Source: Hangzhou art. 8, 13, 15.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

import polars as pl

from citybrain.city.contract import Contract
from citybrain.city.names import near
from citybrain.city.whole import City
from citybrain.hub.conclusion import Judged, conclude
from citybrain.hub.exchange import log as exchange
from citybrain.hub.exchange.log import Admission, Log
from citybrain.hub.formats import Parsed, parse
from citybrain.hub.history import drop_known
from citybrain.hub.parcel import Parcel, Store, digest
from citybrain.hub.receipt import Receipt
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import AccessRefused, Conflicting, NotKnown
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection, Database
from citybrain.safeguards.checks import Arrival, fixed_conditions
from citybrain.safeguards.quality import Verdict, judge

__all__ = ["Gate", "Parcel", "References", "Store", "digest"]

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
        self._conditions: dict[str, tuple[Contract, Mapping[str, pl.Expr]]] = {}

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
        judged_at = parcel.correction.arrived_at if parcel.correction else at
        parsed = parcel.content if isinstance(parcel.content, Parsed) else parse(*parcel.content)
        if any(rule.kind == "unique" and rule.scope == "history" for rule in contract.rules):

            def decide(connection: Connection) -> Admission:
                verdict = self._judge(connection, contract, parsed, judged_at)
                put_right = parcel.correction.standing if parcel.correction else None
                verdict, keys = drop_known(connection, contract, verdict, parsed, put_right)
                return conclude(
                    Judged(contract, city.revision, parcel, parsed, verdict, at, keys), self._store, self._new_id
                )

            return self._log.append_with_history(contract.ref, decide)
        if any(rule.kind == "drift" for rule in contract.rules):
            with self._database.reading() as connection:
                verdict = self._judge(connection, contract, parsed, judged_at)
        else:
            verdict = self._judge(None, contract, parsed, judged_at)
        judged = Judged(contract, city.revision, parcel, parsed, verdict, at)
        return self._log.append(conclude(judged, self._store, self._new_id))

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
        return judge(
            parsed.frame, parsed.rows, contract, arrival, nul_possible=parsed.nul_possible, fixed=self._fixed(contract)
        )

    def _fixed(self, contract: Contract) -> Mapping[str, pl.Expr]:
        """Return the conditions of a contract, compiled once for as long as it is in force."""
        known = self._conditions.get(contract.ref)
        if known is None or known[0] is not contract:
            known = (contract, fixed_conditions(contract))
            self._conditions[contract.ref] = known
        return known[1]
