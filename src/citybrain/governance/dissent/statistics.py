"""Dissents by provider: raised, upheld, overdue, and how long an answer took (Nanjing art. 11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from citybrain.city.whole import City
from citybrain.governance.dissent.case import FINISHED, FOR_PROVIDER, sql
from citybrain.kernel.calendar import working_days_between
from citybrain.kernel.postgres import Connection


@dataclass(frozen=True, slots=True)
class ProviderCount:
    """How one provider deals with dissents.

    Attributes:
        raised: All about its data.
        waiting: Those that wait for its answer.
        upheld, rejected: By the last answer.
        overdue: Those whose period ran out, answered since or not.
        median_days: Working days from raising to the answer, of half of those answered at most.

    """

    provider: str
    raised: int
    waiting: int
    upheld: int
    rejected: int
    overdue: int
    median_days: float | None


def by_provider(
    connection: Connection, city: City, since: datetime, now: datetime, among: Sequence[str] | None = None
) -> list[ProviderCount]:
    """Count dissents by provider, those with most overdue first.

    Args:
        connection: Any transaction.
        city: The revision in force, for its zone.
        since: Raised from here on.
        now: Present instant.
        among: Only these providers; none means all.

    """
    grouped: dict[str, list[tuple[datetime, datetime | None, str | None, bool, str, datetime]]] = {}
    for provider, _, _, raised, answered, verdict, late, state, due_at in connection.execute(
        sql()["statistics"], {"since": since}
    ):
        if among is None or provider in among:
            grouped.setdefault(provider, []).append((raised, answered, verdict, late, state, due_at))
    counted = []
    for provider, rows in grouped.items():
        days = [
            working_days_between(raised.astimezone(city.zone).date(), answered.astimezone(city.zone).date()).amount
            for raised, answered, *_ in rows
            if answered is not None
        ]
        counted.append(
            ProviderCount(
                provider,
                len(rows),
                sum(state in FOR_PROVIDER for *_, state, _ in rows),
                sum(verdict == "upheld" for _, _, verdict, *_ in rows),
                sum(verdict == "rejected" for _, _, verdict, *_ in rows),
                sum(late or (state not in FINISHED and state in FOR_PROVIDER and now > due_at)
                    for _, _, _, late, state, due_at in rows),
                float(median(days)) if days else None,
            )
        )  # fmt: skip
    return sorted(counted, key=lambda item: (-item.overdue, -item.raised, item.provider))
