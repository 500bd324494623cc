"""The live board: bodies and resources by the total of their scores, of which a page is shown (Hangzhou art. 15)."""

from dataclasses import dataclass
from datetime import date, datetime

from citybrain.city.whole import City
from citybrain.governance.scorecard import TOTAL, Body, Score, each
from citybrain.kernel.postgres import Connection


@dataclass(frozen=True, slots=True)
class Ranking:
    """Totals, the best first; what nothing was measured of stands last.

    Attributes:
        bodies: All departments that provide something.
        resources: The resources that were asked for.
        total: How many resources there are.

    """

    bodies: tuple[Score, ...]
    resources: tuple[Score, ...]
    total: int


def rank(
    connection: Connection, city: City, first: date, last: date, now: datetime, limit: int, offset: int = 0
) -> Ranking:
    """Rank all resources and bodies by their totals over some days, as they are at this moment.

    Args:
        connection: A reading transaction.
        city: The revision in force.
        first, last: Days of arrival, both included.
        now: Present instant: nobody owes what is not due yet.
        limit: Most resources.
        offset: Resources to leave out first.

    Returns:
        The totals among what ``scorecard.reckon`` returns.

    Source:
        Hangzhou art. 15 (实时监测和全面评价); Nanjing art. 11 (动态监测和评价).

    """
    measured: list[tuple[float, str, int]] = []
    others: list[tuple[str, int]] = []
    bodies: dict[str, Body] = {}
    for contract, shares, rows in each(connection, city, list(city.contracts.values()), (first, last), now):
        body, share = bodies.setdefault(contract.provider, Body()), shares[TOTAL] if shares else None
        if share is None:
            others.append((contract.ref, rows))
        else:
            measured.append((-share, contract.ref, rows))
        body.take({TOTAL: share}, rows)
    lines = [(ref, -share, rows) for share, ref, rows in sorted(measured)][offset : offset + limit]
    start, left = max(0, offset - len(measured)), limit - len(lines)
    unmeasured = sorted(others)[start : start + left]
    made = [Score(department, TOTAL, body.share(TOTAL), body.rows) for department, body in bodies.items()]
    return Ranking(
        tuple(sorted(made, key=lambda score: (score.share is None, -(score.share or 0), score.subject))),
        (
            *(Score(ref, TOTAL, share, rows) for ref, share, rows in lines),
            *(Score(ref, TOTAL, None, rows) for ref, rows in unmeasured),
        ),
        len(city.contracts),
    )
