"""Destruction over all floors: what dissents and indicators hold of destroyed rows goes in the same transaction.

Source: Hangzhou art. 13 (依法销毁).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from citybrain.city.contract import Contract
from citybrain.city.whole import City
from citybrain.hub.destruction.carrying import Elsewhere, Eraser, Gone, Order
from citybrain.hub.destruction.certificate import Certificate
from citybrain.insight.refresh import compute_anew
from citybrain.kernel.errors import AccessRefused
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards.viewing import Viewer, administers


@dataclass(frozen=True, slots=True)
class Proposal:
    """Batches that are older than their contract lets them be; a person decides.

    Attributes:
        before: Everything that came before this instant is beyond its retention.
        batches, rows: How much that is.
        oldest: When the oldest of it came.

    """

    contract: Contract
    before: datetime
    batches: int
    rows: int
    oldest: datetime


def destroy(eraser: Eraser, city: City, order: Order, also: Sequence[Elsewhere] = ()) -> Certificate:
    """Destroy rows everywhere.

    Args:
        eraser: Of this process.
        city: The revision in force.
        order: What, why and on whose decision.
        also: Further places, in the same transaction.

    Returns:
        The certificate.

    Raises:
        WrongUse: No reason, or a scope that does not fit the contract.
        NotKnown: There is nothing to destroy.
        Conflicting: A legal hold stands against it.

    Source:
        Hangzhou art. 13 (依法销毁).

    """

    def indicators(connection: Connection, gone: Gone) -> Mapping[str, int]:
        resting = [item for item in city.indicators.values() if gone.order.contract.ref in city.contracts_read_by(item)]
        if gone.order.kind == "retention":
            return {"indicators_kept": len(resting)}  # sums of long ago name nobody and stay
        return {"indicators": compute_anew(connection, resting)}

    return eraser.destroy(order, (_wipe_dissents, indicators, *also))


def _wipe_dissents(connection: Connection, gone: Gone) -> Mapping[str, int]:
    given = {"ids": gone.dissents, "at": gone.at, "number": gone.number}
    closed = connection.execute(_sql()["wipe_dissents"], given).rowcount
    connection.execute(_sql()["wipe_outsiders"], given)
    connection.execute(_sql()["wipe_course"], given)
    return {"dissents": closed}


def require_may_destroy(viewer: Viewer, contract: Contract) -> None:
    """Stop who may not have rows of a contract destroyed.

    Args:
        viewer: Who wants it: the provider's post that answers for its data, or who operates the hub.
        contract: The contract.

    Raises:
        AccessRefused: Neither.

    """
    provider = contract.provider == viewer.department and "grant_data" in viewer.may
    if not provider and not administers(viewer, contract):
        raise AccessRefused("destruction.not_yours", contract=contract.ref)


def proposals(connection: Connection, city: City, contracts: Sequence[str], now: datetime) -> list[Proposal]:
    """List what is beyond its retention; nothing is destroyed without a person's word.

    Args:
        connection: Any transaction.
        city: The revision in force.
        contracts: Refs to look at.
        now: Present instant.

    """
    found = []
    for ref in contracts:
        contract = city.contracts.get(ref)
        if contract is None or contract.retention is None:
            continue
        before = now - contract.retention
        row = connection.execute(_sql()["beyond"], {"contract": ref, "before": before}).fetchone()
        if row is not None and row[0]:
            found.append(Proposal(contract, before, int(row[0]), int(row[1]), row[2]))
    return found


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.governance", "destroying")
