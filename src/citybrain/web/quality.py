"""The law's four aspects of quality for some contracts in a period, always in the law's order (Hangzhou art. 15)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from citybrain.city.contract import Contract
from citybrain.city.whole import City
from citybrain.cockpits.figures_view import State
from citybrain.hub import disputes, monitor
from citybrain.kernel.messages import Language, say
from citybrain.kernel.numerals import number
from citybrain.kernel.postgres import Connection
from citybrain.web.parts_view import QualityAspect
from citybrain.web.promises import promise

GOOD_PERCENT = 99.0
FAIR_PERCENT = 95.0
MOST_IMPERFECT_PERCENT = 99.99  # a broken row is never rounded away
SHOWN_AS_DAYS_MINUTES = 2880


def aspects(
    connection: Connection, city: City, contracts: Sequence[str], since: datetime, language: Language
) -> tuple[QualityAspect, ...]:
    """Measure the four aspects.

    Args:
        connection: A reading transaction.
        city: The revision in force.
        contracts: Refs.
        since: Batches that arrived from here on.
        language: ``zh`` or ``en``.

    """
    sums = [item for item in monitor.sums(connection, since) if item.contract in contracts]
    received = sum(item.received for item in sums)
    rules = {rule.name: promise(item, rule, language) for item in _known(city, contracts) for rule in item.rules}
    batches = sum(item.batches for item in sums)
    broken = monitor.broken(connection, contracts, since)
    shares = [
        _share(
            aspect, received, [item for item in broken if monitor.aspect_of(item.dimension) == aspect], rules, language
        )
        for aspect in ("validity", "accuracy")
    ]
    legality = QualityAspect(
        say("edge.aspect_legality", language),
        batches - sum(item.refused for item in sums) if batches else None,
        say("edge.of_batches", language, count=batches),
        "ok" if batches else "none",
        say("edge.legality_reason", language),
    )
    return (legality, *shares, _timeliness(connection, city, contracts, since, language))


def in_dispute(connection: Connection, contracts: Sequence[str], language: Language) -> str:
    """Say how much of some contracts is in dispute; nothing when nothing is (Nanjing art. 11).

    Args:
        connection: A reading transaction.
        contracts: Refs.
        language: ``zh`` or ``en``.

    """
    count = sum(disputes.counts(connection, contracts).values())
    return say("dissent.in_dispute", language, count=number(count)) if count else ""


def _known(city: City, contracts: Sequence[str]) -> list[Contract]:
    return [city.contracts[ref] for ref in contracts if ref in city.contracts]


def _of_aspect(broken: Sequence[monitor.Broken], aspect: str) -> list[monitor.Broken]:
    return [item for item in broken if monitor.aspect_of(item.dimension) == aspect]


def _share(
    aspect: str, received: int, broken: Sequence[monitor.Broken], rules: Mapping[str, str], language: Language
) -> QualityAspect:
    rows = sum(item.rows for item in broken)
    share = max(0.0, 100.0 * (1 - rows / received)) if received else None
    if share is not None and rows:
        share = min(share, MOST_IMPERFECT_PERCENT)
    state: State = "none" if share is None else _state(share)
    worst = max(broken, key=lambda item: item.rows, default=None)
    reason = (
        say("edge.broken_reason", language, rule=rules.get(worst.rule, worst.rule), rows=number(worst.rows))
        if worst
        else say("edge.nothing_broken", language)
    )
    return QualityAspect(say(f"edge.aspect_{aspect}", language), share, "%", state, reason, 2)


def _state(share: float) -> State:
    return "ok" if share >= GOOD_PERCENT else ("warn" if share >= FAIR_PERCENT else "alarm")


def _timeliness(
    connection: Connection, city: City, contracts: Sequence[str], since: datetime, language: Language
) -> QualityAspect:
    longest = monitor.longest_way(connection, contracts, since)
    known = _known(city, contracts)
    promised = [item.fresh_within for item in known if item.fresh_within is not None]
    cycle = max([item.cycle for item in known if item.cycle is not None], default=timedelta())
    most = max(promised, default=None)
    minutes = longest.total_seconds() / 60 if longest is not None else None
    late = longest is not None and most is not None and longest > most + cycle
    reason = (
        say("edge.promised_reason", language, minutes=int(most.total_seconds() // 60))
        if most is not None
        else say("edge.nothing_promised", language)
    )
    state: State = "none" if minutes is None else ("warn" if late else "ok")
    name = say("edge.aspect_timeliness", language)
    if minutes is not None and minutes >= SHOWN_AS_DAYS_MINUTES:
        return QualityAspect(name, minutes / 1440, say("edge.days", language), state, reason, 1)
    return QualityAspect(name, minutes, say("edge.minutes", language), state, reason)
