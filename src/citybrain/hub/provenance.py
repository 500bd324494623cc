"""Provenance (来历): whether what a contract holds now is the city's own, simulated, replayed or borrowed."""

from collections.abc import Sequence

from citybrain.city.names import Provenance
from citybrain.city.whole import City
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements


def provenance_now(connection: Connection, city: City, contracts: Sequence[str]) -> dict[str, Provenance]:
    """Say where the newest rows of contracts come from: who delivers decides, before what the contract says.

    A simulator and a replay of real files may feed one contract on different days; each is labelled as what it is.

    Args:
        connection: Any transaction.
        city: The revision in force.
        contracts: Refs.

    Returns:
        A word for each contract the city has.

    """
    found = {ref: city.contracts[ref].provenance for ref in contracts if ref in city.contracts}
    query = statements("citybrain.hub", "provenance")["newest_provider"]
    for contract, provider in connection.execute(query, {"contracts": list(found)}):
        system = city.systems.get(provider)
        if system is None:
            continue
        if system.simulated:
            found[contract] = "simulated"
            continue
        sources = [item for item in city.sources.values() if item.feeds == contract and item.system == provider]
        declared = next((item.provenance for item in sources if item.provenance is not None), None)
        if declared is not None:
            found[contract] = declared
    return found
