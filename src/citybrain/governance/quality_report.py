"""The monthly report on quality: ranked bodies and resources from what was kept, the same whenever it is made."""

import csv
import io
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from citybrain.city.whole import City
from citybrain.governance.scorecard import ASPECT, TOTAL, grade_of
from citybrain.kernel.errors import WrongUse
from citybrain.kernel.messages import Language, say
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements

COLUMNS = ("total", "legality", "validity", "accuracy", "timeliness")


@dataclass(frozen=True, slots=True)
class Line:
    """One body or resource in a month.

    Attributes:
        rank: Place among its kind by the total; equal totals share a place; none where nothing was measured.
        shares: Total and the law's four aspects, from 0 to 1.
        days: Days on which something was measured.

    """

    subject: str
    rank: int | None
    shares: dict[str, float | None]
    grade: str | None
    days: int
    rows: int


def report(connection: Connection, month: str) -> list[Line]:
    """Report on a month from the kept scores, bodies first, each kind ranked.

    Args:
        connection: Any transaction.
        month: As ``2026-11``.

    Returns:
        A line for each body and resource; the same kept scores give the same lines.

    Raises:
        WrongUse: No month.

    Source:
        Hangzhou art. 15 (全面评价).

    """
    first, last = _days(month)
    found: dict[str, dict[str, tuple[int, float | None, int]]] = {}
    sql = statements("citybrain.governance", "scorecard")["months"]
    for subject, dimension, days, share, rows, _ in connection.execute(sql, {"first": first, "last": last}):
        found.setdefault(subject, {})[dimension] = (days, None if share is None else float(share), int(rows))
    lines: list[Line] = []
    for kind in ("dept:", "contract:"):
        some = [_line(subject, by) for subject, by in found.items() if subject.startswith(kind)]
        some.sort(key=lambda item: (-(item.shares["total"] if item.shares["total"] is not None else -1), item.subject))
        lines += _ranked(some)
    return lines


def _days(month: str) -> tuple[date, date]:
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise WrongUse("quality.month_wrong", given=month[:20]) from None
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def _line(subject: str, by: dict[str, tuple[int, float | None, int]]) -> Line:
    shares = {name: by.get(TOTAL if name == "total" else f"{ASPECT}{name}", (0, None, 0))[1] for name in COLUMNS}
    days, _, rows = by.get(TOTAL, (0, None, 0))
    total = shares["total"]
    return Line(subject, None, shares, None if total is None else grade_of(total).grade, days, rows)


def _ranked(lines: list[Line]) -> list[Line]:
    totals = [line.shares["total"] for line in lines if line.shares["total"] is not None]
    return [
        Line(line.subject, None if total is None else 1 + sum(other > total for other in totals), line.shares,
             line.grade, line.days, line.rows)
        for line in lines
        for total in (line.shares["total"],)
    ]  # fmt: skip


def as_csv(lines: list[Line], city: City, language: Language) -> str:
    """Write a report as CSV.

    Args:
        lines: As reported.
        city: For names.
        language: Of the headings and names.

    """
    names = {item.ref: item.name.said(language) for item in city.departments.values()}
    names |= {item.ref: item.name.said(language) for item in city.contracts.values()}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    heads = ("subject", "name", "rank", *COLUMNS, "grade", "days", "rows")
    writer.writerow([say(f"quality.head_{name}", language) for name in heads])
    for line in lines:
        shares = ["" if (share := line.shares[name]) is None else f"{100 * share:.2f}" for name in COLUMNS]
        writer.writerow(
            [
                line.subject,
                names.get(line.subject, ""),
                line.rank or "",
                *shares,
                line.grade or "",
                line.days,
                line.rows,
            ]
        )
    return out.getvalue()
