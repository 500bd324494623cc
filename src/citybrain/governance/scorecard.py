"""The scorecard: how good each resource and each body's data is, in eight dimensions under the law's four aspects.

A score is the share of what was right. It is reckoned from what the gate counted, so that it can be reckoned again and
gives the same; what was reckoned for a day is kept in versions (Hangzhou art. 15; GB/T 36344).
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from typing import LiteralString
from uuid import UUID

from citybrain.city.contract import LAW_ASPECTS, Contract
from citybrain.city.names import Name
from citybrain.city.whole import City
from citybrain.governance.dissent.case import Dissent
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

DIMENSIONS = (
    "conformity", "completeness", "uniqueness", "coverage", "accuracy", "consistency", "timeliness", "accessibility",
)  # fmt: skip
ASPECT = "aspect:"
TOTAL = "total"
_COUNTED_BY_ROWS = frozenset(DIMENSIONS) - {"accessibility"}
_ASPECTS: Mapping[str, tuple[str, ...]] = {f"{ASPECT}{name}": below for name, below in LAW_ASPECTS.items()}
_LEGALITY = f"{ASPECT}legality"
_UNKNOWN: dict[str, float | None] = dict.fromkeys((*DIMENSIONS, *_ASPECTS, TOTAL))


@dataclass(frozen=True, slots=True)
class Grade:
    """One of five grades.

    Attributes:
        least: Least share of what is right.

    """

    grade: str
    least: float
    name: Name


@dataclass(frozen=True, slots=True)
class Score:
    """One share for a subject.

    Attributes:
        subject: Ref of a contract or a department.
        dimension: One of the eight, ``aspect:`` with one of the law's four, or ``total``.
        share: From 0 to 1; none where nothing was measured.
        rows: Rows it rests on.

    """

    subject: str
    dimension: str
    share: float | None
    rows: int

    @property
    def grade(self) -> str | None:
        """The grade of the share."""
        return None if self.share is None else grade_of(self.share).grade


@dataclass(frozen=True, slots=True)
class Kept:
    """A score as it was kept for a day; ``version`` grows with each reckoning that changed it."""

    day: date
    dimension: str
    version: int
    share: float | None
    rows: int
    grade: str | None
    reason: str


@cache
def grades() -> tuple[Grade, ...]:
    """Read the five grades, the best first."""
    text = (resources.files("citybrain.governance") / "grades.toml").read_text(encoding="utf-8")
    return tuple(
        Grade(item["grade"], float(item["least"]), Name(zh=item["zh"], en=item["en"]))
        for item in tomllib.loads(text)["grades"]
    )


def grade_of(share: float) -> Grade:
    """Grade a share.

    Args:
        share: From 0 to 1.

    Examples:
        >>> [grade_of(share).grade for share in (1.0, 0.989, 0.9, 0.8, 0.1)]
        ['A', 'B', 'C', 'D', 'E']

    """
    return next(item for item in grades() if share >= item.least)


def reckon(
    connection: Connection, city: City, first: date, last: date, now: datetime, *,
    among: Sequence[str] | None = None,
) -> list[Score]:  # fmt: skip
    """Reckon the scores of all resources and bodies over some days, as they are at this moment.

    Args:
        connection: A reading transaction.
        city: The revision in force.
        first, last: Days of arrival, both included.
        now: Present instant: nobody owes what is not due yet.
        among: Only these contracts; bodies are then reckoned by them alone.

    Returns:
        Scores of contracts, then of departments; what had no rows has no share.

    Source:
        Hangzhou art. 15 (实时监测和全面评价); Nanjing art. 11 (动态监测和评价).

    """
    contracts = [item for item in city.contracts.values() if among is None or item.ref in among]
    found: list[Score] = []
    bodies: dict[str, Body] = {}
    for contract, shares, rows in each(connection, city, contracts, (first, last), now):
        body = bodies.setdefault(contract.provider, Body())
        found += [Score(contract.ref, name, share, rows) for name, share in (shares or _UNKNOWN).items()]
        body.take(shares or _UNKNOWN, rows)
    for department, body in bodies.items():
        found += [Score(department, name, body.share(name), body.rows) for name in _UNKNOWN]
    return found


@dataclass(frozen=True, slots=True)
class _Counted:
    """What the gate counted of a contract."""

    batches: int
    received: int
    refused: int
    late: int
    expected: int | None
    broken: Mapping[str, int]
    upheld: int


class Body:
    """A department's shares: each resource counts by its rows; one that had none says nothing."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.rows = 0
        self._sums: dict[str, tuple[float, int]] = {}

    def take(self, shares: Mapping[str, float | None], rows: int) -> None:
        """Count a resource in.

        Args:
            shares: Of the resource, by dimension.
            rows: Rows they rest on.

        """
        self.rows += rows
        weight = max(rows, 1)
        for name, share in shares.items():
            if share is not None:
                right, rested = self._sums.get(name, (0.0, 0))
                self._sums[name] = (right + share * weight, rested + weight)

    def share(self, name: str) -> float | None:
        """Tell the share of a dimension; none where nothing was measured."""
        right, rested = self._sums.get(name, (0.0, 0))
        return right / rested if rested else None


def each(
    connection: Connection, city: City, contracts: Sequence[Contract], days: tuple[date, date], now: datetime
) -> Iterator[tuple[Contract, Mapping[str, float | None] | None, int]]:
    """Go through contracts with what was right of them.

    Args:
        connection: A reading transaction.
        city: The revision in force.
        contracts: Which.
        days: First and last day of arrival, both included.
        now: Present instant.

    Yields:
        The contract; its share by dimension, aspect and in all, none where nothing is known of it; its rows.

    """
    given = {
        "zone": city.settings.city.zone, "first": days[0], "last": days[1],
        "contracts": [item.ref for item in contracts],
        "promises": [_promise(item) for item in contracts],
    }  # fmt: skip
    came = {row[0]: row for row in connection.execute(_sql()["came"], given).fetchall()}
    broken: dict[str, dict[str, int]] = {}
    for ref, dimension, rows in connection.execute(_sql()["broken"], given).fetchall():
        broken.setdefault(ref, {})[dimension] = int(rows)
    upheld = {ref: int(rows) for ref, rows in connection.execute(_sql()["upheld"], given).fetchall()}
    for contract in contracts:
        ref = contract.ref
        if ref in came or ref in broken or ref in upheld:
            _, batches, received, refused, late, begun = came.get(ref, (ref, 0, 0, 0, 0, None))
            expected = _expected(contract, city, days, begun, now)
            counted = _Counted(batches, int(received), refused, late, expected, broken.get(ref, {}), upheld.get(ref, 0))
            yield contract, _shares(contract, counted), counted.received
        else:
            yield contract, None, 0


def _promise(contract: Contract) -> timedelta | None:
    return None if contract.fresh_within is None else contract.fresh_within + (contract.cycle or timedelta())


def _expected(
    contract: Contract, city: City, days: tuple[date, date], begun: datetime | None, now: datetime
) -> int | None:
    """Count the deliveries that were due in the days since the first one ever, as far as they have passed."""
    if contract.cycle is None or begun is None:
        return None
    begins = max(datetime.combine(days[0], datetime.min.time(), city.zone), begun)
    ends = min(datetime.combine(days[1] + timedelta(days=1), datetime.min.time(), city.zone), now)
    return max(0, (ends - begins) // contract.cycle)


def _shares(contract: Contract, counted: _Counted) -> dict[str, float | None]:
    """Reckon the share of what was right in each dimension, each of the law's aspects, and in all."""
    shares, broken, rows = _UNKNOWN.copy(), counted.broken, counted.received
    if rows:
        for dimension in _COUNTED_BY_ROWS.intersection([*broken, *(rule.dimension for rule in contract.rules)]):
            shares[dimension] = max(0.0, 1 - broken.get(dimension, 0) / rows)
    if counted.upheld and counted.batches:  # what passed every rule and was wrong all the same
        wrong = broken.get("accuracy", 0) + counted.upheld
        shares["accuracy"] = max(0.0, 1 - wrong / max(rows, counted.upheld))
    if counted.batches and _promise(contract) is not None:
        punctual = 1 - counted.late / counted.batches
        shares["timeliness"] = min(punctual, shares["timeliness"] if shares["timeliness"] is not None else 1.0)
    if counted.expected and counted.batches:
        shares["accessibility"] = min(1.0, counted.batches / counted.expected)
    for name, below in _ASPECTS.items():
        shares[name] = _mean([shares[one] for one in below])
    shares[_LEGALITY] = 1 - counted.refused / counted.batches if counted.batches else None
    shares[TOTAL] = _mean([shares[name] for name in _ASPECTS])
    return shares


def _mean(shares: Iterable[float | None]) -> float | None:
    known = [share for share in shares if share is not None]
    return sum(known) / len(known) if known else None


def keep(connection: Connection, city: City, day: date, clock: Clock, new_id: NewId, *, reason: str = "") -> int:
    """Reckon the scores of a day and keep what changed as a new version; earlier ones stay.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        day: The day.
        clock: Present instant.
        new_id: Source of identifiers.
        reason: Why it was reckoned again.

    Returns:
        How many scores were kept.

    """
    at, sql = clock.now(), _sql()
    newest = connection.execute(sql["newest"], {"first": day, "last": day, "subject": None}).fetchall()
    known = {(row[0], row[2]): (row[3], row[4], row[5]) for row in newest}
    written = 0
    for score in reckon(connection, city, day, day, at):
        version, share, rows = known.get((score.subject, score.dimension), (0, None, -1))
        if rows == score.rows and _same(share, score.share):
            continue
        given = {
            "day": day, "subject": score.subject, "dimension": score.dimension, "version": version + 1,
            "share": score.share, "rows": score.rows, "grade": score.grade, "reason": reason, "at": at,
        }  # fmt: skip
        connection.execute(sql["keep"], given)
        written += 1
    if written:
        facts = {"day": day.isoformat(), "scores": written, "reason": reason, "revision": city.revision}
        evidence.write(connection, "governance:scores:kept", day.isoformat(), facts, at, new_id)
    return written


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) < 1e-9


def keep_if_due(connection: Connection, city: City, clock: Clock, new_id: NewId) -> date | None:
    """Keep the scores of yesterday once the day is over.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        The day that was kept; none when it was kept before.

    """
    yesterday = clock.now().astimezone(city.zone).date() - timedelta(days=1)
    row = connection.execute(_sql()["claim"], {"day": yesterday}).fetchone()
    if row is None or not row[0]:
        return None
    keep(connection, city, yesterday, clock, new_id)
    return yesterday


def recompute(
    connection: Connection, city: City, objection: Dissent, batches: Sequence[UUID], rules: Sequence[str],
    clock: Clock, new_id: NewId,
) -> int:  # fmt: skip
    """Reckon a score again without what an objection was right about, as a new version with its reason.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        objection: The dissent about the score of a contract on a day.
        batches: Batches that do not count.
        rules: Rules that do not count that day.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        How many scores changed.

    Raises:
        WrongUse: Nothing is named, or a rule is not the contract's.

    """
    contract = city.contracts.get(objection.contract)
    known = {rule.name for rule in contract.rules} if contract else set()
    if not (batches or rules) or objection.day is None or set(rules) - known:
        raise WrongUse("quality.nothing_to_leave_out", contract=objection.contract, rules=sorted(known))
    pairs: list[tuple[UUID | None, str | None]] = [
        *((batch, None) for batch in batches),
        *((None, name) for name in rules),
    ]
    for batch, rule in pairs:
        given = {
            "day": objection.day, "subject": objection.contract, "batch": batch, "rule": rule, "dissent": objection.id
        }  # fmt: skip
        connection.execute(_sql()["exclude"], given)
    reason = f"dissent {objection.number}"
    return keep(connection, city, objection.day, clock, new_id, reason=reason)


def trend(connection: Connection, subject: str, first: date, last: date) -> list[Kept]:
    """Return the kept scores of a subject, the newest version of each day.

    Args:
        connection: Any transaction.
        subject: Ref of a contract or department.
        first, last: Days, both included.

    """
    given = {"first": first, "last": last, "subject": subject}
    rows = connection.execute(_sql()["newest"], given).fetchall()
    return [Kept(row[1], row[2], row[3], row[4], row[5], row[6], row[7]) for row in rows]


def contested(connection: Connection) -> dict[str, str]:
    """Return the contracts whose score is contested now, with the number of the objection.

    Args:
        connection: Any transaction.

    """
    return dict(connection.execute(_sql()["contested"]).fetchall())


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.governance", "scorecard")
