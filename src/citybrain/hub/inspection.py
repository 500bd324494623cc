"""Inspection.

The hub's own operator looks at rows on this machine; no release to a consumer, and evidenced all the same.
"""

import polars as pl

from citybrain.city.expression import Expression, ExpressionWrong
from citybrain.city.names import near
from citybrain.city.whole import City
from citybrain.hub.exchange.reading import Reader
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Database
from citybrain.safeguards import evidence
from citybrain.safeguards.expressions import Surroundings, compile_rows

SENSITIVE = 3


def inspect_rows(
    database: Database,
    city: City,
    reader: Reader,
    ref: str,
    where: str | None,
    limit: int,
    by: str,
    clock: Clock,
    new_id: NewId,
) -> pl.DataFrame:
    """Return current rows of a contract to whoever operates this machine.

    Args:
        database: Where the log is.
        city: The revision in force.
        reader: Reads relations.
        ref: The contract.
        where: A condition over its fields; none means all rows.
        limit: Most rows.
        by: Who looks.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        At most ``limit`` rows; fields of grade 3 and 4 are left out.

    Raises:
        NotKnown: No such contract.
        WrongUse: The condition cannot be read.

    Source:
        Hangzhou art. 13, 18 (use leaves evidence).

    """
    contract = city.contracts.get(ref)
    if contract is None:
        raise NotKnown("hub.contract_unknown", contract=ref, near=near(ref, city.contracts))
    names = [field.name for field in contract.fields if field.grade < SENSITIVE]
    with database.transaction() as connection:
        rows = reader.current(connection, contract)
        if where is not None:
            try:
                condition = Expression(where)
                unknown = condition.names() - set(names)
                if unknown:
                    raise WrongUse("hub.condition_wrong", problem=f"no field {sorted(unknown)[0]}")
                rows = rows.filter(compile_rows(condition, Surroundings(contract.zone)).value)
            except ExpressionWrong as error:
                raise WrongUse("hub.condition_wrong", problem=str(error)) from None
        try:
            found = rows.select(names).head(limit).collect()
        except pl.exceptions.PolarsError as error:
            raise WrongUse("hub.condition_wrong", problem=str(error).splitlines()[0][:200]) from None
        facts = {"contract": ref, "rows": found.height, "by": by, "fields": names}
        evidence.write(connection, "hub:rows:inspected", ref, facts, clock.now(), new_id)
    return found
