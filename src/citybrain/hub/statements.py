"""Statements (对账单): each day's sums of what was delivered and what left, kept in evidence and reconciled.

Source: Hangzhou art. 8 (data sharing is kept count of); Nanjing art. 7.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, LiteralString

import orjson

from citybrain.city.whole import City
from citybrain.kernel.clock import Clock
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

FIGURES = ("batches", "received", "accepted", "set_aside", "releases", "rows", "bytes", "p95_ms")


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A line of a day's statement.

    Attributes:
        consumer: Ref of the body that used the data; none on the line of what the provider delivered.
        received: Rows received, accepted and set aside of the provider.
        releases: How often rows left for the consumer, how many and how many bytes.
        p95_ms: Within which time, in milliseconds, 95 of 100 releases were ready; none without releases.

    """

    contract: str
    consumer: str | None
    batches: int
    received: int
    accepted: int
    set_aside: int
    releases: int
    rows: int
    bytes: int
    p95_ms: int | None


@dataclass(frozen=True, slots=True)
class Sums:
    """What lines of a day add up to; the figures are those of a line."""

    lines: int
    batches: int
    received: int
    accepted: int
    set_aside: int
    releases: int
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whose lines are looked at.

    Attributes:
        body: Ref of a body, which sees what it used and all lines on what it provides; none sees every line.
        contracts: Refs of what it provides.

    """

    body: str | None = None
    contracts: tuple[str, ...] = ()

    def sees(self, contract: str, consumer: str | None) -> bool:
        """Tell whether a line concerns it.

        Args:
            contract: Ref; ``*`` where the statement as a whole is meant.
            consumer: Ref of who used it; none for what was delivered.

        """
        return self.body is None or contract == "*" or consumer == self.body or contract in self.contracts


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a statement and the books do not agree.

    Attributes:
        figure: Which figure; ``line`` where a whole line is missing on one side, ``sha256`` where the statement
            itself is not as it was attested.
        stated: As the statement says; none where it says nothing.
        found: As the books add up; none where they have nothing.

    """

    contract: str
    consumer: str | None
    figure: str
    stated: int | None
    found: int | None


def keep(connection: Connection, city: City, day: date, clock: Clock, new_id: NewId) -> Sequence[StatementLine]:
    """Keep the statement of a day.

    Args:
        connection: The command's transaction.
        city: For its zone.
        day: A day that is over.
        clock: Present instant.
        new_id: Source of identifiers.

    Source:
        Hangzhou art. 8; Nanjing art. 7.

    """
    lines = reckoned(connection, city, day)
    at = clock.now()
    facts = {"lines": len(lines), "sha256": _whole(day, lines)}
    entry = evidence.write(connection, "hub:statement:kept", day.isoformat(), facts, at, new_id)
    for line in lines:
        given = {name: getattr(line, name) for name in ("contract", "consumer", *FIGURES)}
        connection.execute(_sql()["keep"], given | {"day": day, "sha256": digest(line, day)})
    connection.execute(_sql()["keep_day"], {"day": day, "at": at, "lines": len(lines), "evidence": entry.id})
    return lines


def keep_if_due(connection: Connection, city: City, clock: Clock, new_id: NewId) -> date | None:
    """Keep the statement of yesterday once the day is over.

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
    if row is None or not row[1]:
        return None
    keep(connection, city, yesterday, clock, new_id)
    return yesterday


def reckoned(connection: Connection, city: City, day: date) -> list[StatementLine]:
    """Add a day's batches and releases up, as they stand in the books now.

    Args:
        connection: Any transaction.
        city: For its zone.
        day: The day.

    """
    since = datetime.combine(day, time(), city.zone)
    given = {"since": since, "until": datetime.combine(day + timedelta(days=1), time(), city.zone)}
    rows = connection.execute(_sql()["reckon"], given).fetchall()
    values: list[list[Any]] = [[row[0], row[1], *(int(figure) for figure in row[2:9]), row[9]] for row in rows]
    return _sorted(StatementLine(*line) for line in values)


def lines(connection: Connection, day: date) -> list[StatementLine]:
    """Return the statement of a day as kept; nothing where none was kept.

    Args:
        connection: Any transaction.
        day: The day.

    """
    return _sorted(StatementLine(*row[:10]) for row in connection.execute(_sql()["lines"], {"day": day}).fetchall())


def page(
    connection: Connection, day: date, whose: Concerned, *, first: Sequence[str] = (), limit: int = 100, offset: int = 0
) -> tuple[list[StatementLine], Sums]:
    """Return some lines of a day's statement as kept, and what all of them add up to.

    Args:
        connection: Any transaction.
        day: The day.
        whose: Whose lines.
        first: Contracts that stand first.
        limit: Most lines.
        offset: Lines to leave out first.

    """
    given = {
        "day": day, "body": whose.body, "contracts": list(whose.contracts), "first": list(first), "limit": limit,
        "offset": offset,
    }  # fmt: skip
    found = [StatementLine(*row) for row in connection.execute(_sql()["page"], given).fetchall()]
    row = connection.execute(_sql()["sums"], given).fetchone()
    return found, Sums(*(int(figure) for figure in row or (0,) * 8))


def days(connection: Connection, limit: int = 60) -> list[date]:
    """List the days with a statement, the newest first.

    Args:
        connection: Any transaction.
        limit: Most days.

    """
    return [row[0] for row in connection.execute(_sql()["days"], {"limit": limit}).fetchall()]


def reconcile(connection: Connection, city: City, day: date) -> list[Difference]:
    """Compare the statement of a day with the books and with its evidence.

    Args:
        connection: Any transaction.
        city: For its zone.
        day: A day with a statement.

    Returns:
        Every difference; none when all agrees.

    """
    kept = {(line.contract, line.consumer): line for line in lines(connection, day)}
    found = {(line.contract, line.consumer): line for line in reckoned(connection, city, day)}
    made = [Difference(*key, "line", 1, None) for key in kept if key not in found]
    made += [Difference(*key, "line", None, 1) for key in found if key not in kept]
    for key, line in kept.items():
        for name in FIGURES if key in found else ():
            stated, reckoned_now = getattr(line, name), getattr(found[key], name)
            if stated != reckoned_now:
                made.append(Difference(*key, name, stated, reckoned_now))
    attested = connection.execute(_sql()["attested"], {"day": day}).fetchone()
    if attested is None or attested[0] != _whole(day, list(kept.values())):
        made.append(Difference("*", None, "sha256", None, None))
    return made


def digest(line: StatementLine, day: date) -> bytes:
    """Return the SHA-256 of a line as it is kept.

    Args:
        line: The line.
        day: The day it is of.

    """
    figures = [getattr(line, name) for name in FIGURES]
    return hashlib.sha256(orjson.dumps([day.isoformat(), line.contract, line.consumer, *figures])).digest()


def faults(connection: Connection, city: City) -> list[evidence.Fault]:
    """Reconcile every statement there is, for who verifies evidence.

    Args:
        connection: Any transaction.
        city: For its zone.

    Returns:
        A fault for each contract and day that does not agree.

    """
    return [
        evidence.Fault("statement_differs", f"{day} {item.figure}", item.contract)
        for day in days(connection, limit=100_000)
        for item in reconcile(connection, city, day)
    ]


def _whole(day: date, lines_: Sequence[StatementLine]) -> str:
    return hashlib.sha256(b"".join(digest(line, day) for line in lines_)).hexdigest()


def _sorted(found: Iterable[StatementLine]) -> list[StatementLine]:
    return sorted(found, key=lambda line: (line.contract, line.consumer or ""))


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "statements")
