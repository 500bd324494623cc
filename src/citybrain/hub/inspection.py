"""Inspection.

The hub's own operator looks at rows on this machine; no release to a consumer, and evidenced all the same.
"""

from pathlib import Path

import polars as pl

from citybrain.city.expression import Expression, ExpressionWrong
from citybrain.city.names import near
from citybrain.city.whole import City
from citybrain.hub import personal
from citybrain.hub.exchange.reading import Reader
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import AccessRefused, NotKnown, WrongUse
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
    asked: tuple[str | None, int],
    by: str,
    clock: Clock,
    new_id: NewId,
    key_file: Path | None = None,
) -> pl.DataFrame:
    """Return current rows of a contract to whoever operates this machine.

    Args:
        database: Where the log is.
        city: The revision in force.
        reader: Reads relations.
        ref: The contract.
        asked: A condition over its fields, none for all rows; and the most rows.
        by: Who looks.
        clock: Present instant.
        new_id: Source of identifiers.
        key_file: The deployment's key file; none where it has none.

    Returns:
        At most ``limit`` rows; fields of grade 3 and 4 are left out.

    Raises:
        NotKnown: No such contract.
        AccessRefused: Its provider alone administers it, as a court does.
        WrongUse: The condition cannot be read.

    Source:
        Hangzhou art. 13, 18 (use leaves evidence; the persons learn of it).

    """
    where, limit = asked
    contract = city.contracts.get(ref)
    if contract is None:
        raise NotKnown("hub.contract_unknown", contract=ref, near=near(ref, city.contracts))
    if contract.own_domain:
        raise AccessRefused("hub.own_domain", department=contract.provider)
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
            shown = rows.head(limit).collect()
            found = shown.select(names)
        except pl.exceptions.PolarsError as error:
            raise WrongUse("hub.condition_wrong", problem=str(error).splitlines()[0][:200]) from None
        facts = {"contract": ref, "rows": found.height, "by": by, "fields": names}
        entry = evidence.write(connection, "hub:rows:inspected", ref, facts, clock.now(), new_id)
        if contract.subject is not None:
            personal.inspected(connection, contract, entry.id, shown.get_column(contract.subject), key_file)
    return found
