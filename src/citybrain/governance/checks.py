"""One check of a duty: a probe, a statement or a page; whatever goes wrong in it never counts as holding."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from citybrain.city.law import Check, Page, Probe, Statement
from citybrain.city.names import Name
from citybrain.governance.bench import Bench, Contradiction
from citybrain.governance.probes import ProbeFunction
from citybrain.kernel.clock import city_day
from citybrain.kernel.errors import CityBrainError, Unavailable
from citybrain.kernel.messages import LANGUAGES, say
from citybrain.kernel.telemetry import logger


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check found.

    Attributes:
        holds: Whether the duty holds; none when the check could not be made here.
        words: The sentence of evidence.
        answers: Department that answers, where the check knows it.

    """

    holds: bool | None
    words: Name
    answers: str | None = None


def make(bench: Bench, check: Check, probes: Mapping[str, ProbeFunction]) -> Verdict:
    """Make one check.

    Args:
        bench: What it stands on.
        check: As the pack declares it.
        probes: Known probes by name.

    Returns:
        What it found; a check that fails itself says so and does not hold.

    Raises:
        Unavailable: The database is away; nothing can be said at all.

    """
    try:
        if isinstance(check, Probe):
            return _probe(bench, check, probes)
        if isinstance(check, Statement):
            return _statement(bench, check)
        return _page(bench, check)
    except Contradiction as found:
        made = found.seen
        return Verdict(made.holds, _sentence(made.word, made.figures), made.answers)
    except Unavailable:
        raise
    except CityBrainError as error:
        return Verdict(holds=False, words=_sentence("check_failed", {"problem": error.code}))
    except Exception as error:  # a room that breaks in a check does not fulfil the duty
        logger().warning(
            "governance.check_failed", check=repr(check)[:120], error=type(error).__name__, at=_place(error)
        )
        return Verdict(False, _sentence("check_failed", {"problem": type(error).__name__}))


def _place(error: BaseException) -> str:
    """Say where an error arose, without its words, which may carry values."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}" if trace is not None else ""


def _probe(bench: Bench, check: Probe, probes: Mapping[str, ProbeFunction]) -> Verdict:
    if check.probe not in probes:
        return Verdict(False, _sentence("probe_unknown", {"probe": check.probe}))
    found = probes[check.probe](bench)
    return Verdict(found.holds, _sentence(found.word, found.figures), found.answers)


def _statement(bench: Bench, check: Statement) -> Verdict:
    zone = bench.city.settings.city.zone
    now = bench.clock.now()
    given = {"now": now, "zone": zone, "today": city_day(now, bench.city.zone)}
    with bench.database.reading() as connection, connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        row = cursor.execute(check.sql, given).fetchone()
    figures = dict(row or {})
    holds = figures.pop("holds", None) is True
    words = Name(**{language: check.say.said(language).format_map(figures) for language in LANGUAGES})
    return Verdict(holds, words)


def _page(bench: Bench, check: Page) -> Verdict:
    if bench.fetch is None:
        return Verdict(None, _sentence("page_not_asked", {"path": check.get}))
    indicator = next((item.indicator for item in bench.city.indicators.values()), "none")
    path = check.get.replace("{indicator}", indicator)
    answer = bench.fetch(path)
    if answer.status == 0:
        return Verdict(None, _sentence("page_not_asked", {"path": path}))
    document = answer.document if isinstance(answer.document, Mapping) else {}
    holds = answer.status == check.status and all(document.get(key) == value for key, value in check.has.items())
    word = "page_answered" if holds else "page_answered_wrongly"
    return Verdict(holds, _sentence(word, {"path": path, "status": answer.status, "expected": check.status}))


def _sentence(word: str, figures: Mapping[str, Any]) -> Name:
    return Name(**{language: say(f"governance.{word}", language, **figures) for language in LANGUAGES})
