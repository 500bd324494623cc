"""Probes of dissents and of the scorecard (Hangzhou art. 15; Nanjing art. 11)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import polars as pl

from citybrain.casework import tasks
from citybrain.city.grant import Grant
from citybrain.city.names import Basis, Name
from citybrain.governance import scorecard
from citybrain.governance.bench import Bench, Seen, demand, refused, seen
from citybrain.governance.dissent import answering, case, clocks, consequences, statistics
from citybrain.governance.dissent.case import Dissent, Raiser
from citybrain.governance.dissent.raising import Order, raise_dissent
from citybrain.governance.figures import count
from citybrain.governance.probes.exchange import TOO_MUCH
from citybrain.governance.quality_report import as_csv, report
from citybrain.governance.rehearsal import Stage, stage
from citybrain.governance.scratch import AMOUNT, BUREAU, CONTRACT, DISTRICTS, PROVIDER, reading, scratch_city
from citybrain.hub import disputes
from citybrain.insight.engines.duckdb import Engine
from citybrain.insight.refresh import refresh
from citybrain.insight.values import newest_of
from citybrain.kernel.clock import city_day
from citybrain.kernel.errors import AccessRefused, Conflicting, NotKnown
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards.viewing import Viewer

CONSUMER = f"dept:law-check-{DISTRICTS[0]}"
RAISER = Raiser("person", f"law-check-{DISTRICTS[0]}", CONSUMER)
DAY = timedelta(days=1)
WORDS = "law check"
TOLD_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Table:
    """A stage with a delivered row, and those who sit around it."""

    at: Stage
    provider: Viewer
    authority: Viewer
    keys: dict[str, str]

    def raise_it(self, raiser: Raiser = RAISER, grounds: str = WORDS) -> Dissent:
        order = Order(CONTRACT, raiser, "console", grounds, keys=self.keys, field="amount", seen="10", claimed="7")
        with self.at.database.transaction() as connection:
            made = raise_dissent(connection, self.at.city, self.at.reader, order, self.at.clock, self.at.new_id)
        return made.dissent

    def rooms(self) -> answering.Rooms:
        at = self.at
        return answering.Rooms(at.database, at.city, at.gate, at.reader, at.clock, at.new_id)


@contextmanager
def _table(bench: Bench) -> Iterator[_Table]:
    """Set the scratch city up with one grant, one row, and a provider who may answer."""
    basis = Basis(law="hangzhou-2021/13", text=Name(zh="依法使用", en="used by law"))
    grant = Grant.model_validate({
        "grant": "law-check", "from": CONTRACT, "to": CONSUMER, "purpose": "law_check", "basis": basis.model_dump(),
        "fields": ["read_at", "place", "amount"], "until": "2199-12-31",
    })  # fmt: skip
    with stage(bench, replace(scratch_city(bench.city), grants={grant.ref: grant})) as at:
        row = reading(at.clock.now())
        at.send([row, reading(at.clock.now(), "P2")])
        clerk, leader = at.viewer("law-check-clerk"), at.viewer("law-check-leader")
        provider = replace(clerk, may=clerk.may | {"grant_data"})
        yield _Table(at, provider, leader, {"read_at": str(row["read_at"]), "place": "P1"})


def dissent_runs_its_course(bench: Bench) -> Seen:
    """Contest a value as its user: everybody sees it, its provider corrects, every figure follows, the user closes."""
    with _table(bench) as table:
        at = table.at
        refused(lambda: table.raise_it(Raiser("person", "nobody", "dept:nobody")), AccessRefused, "stranger_contested")
        engine = Engine(threads=1, memory="256MB")
        try:
            before = _figure(at, engine)
            found = table.raise_it()
            demand(_marked(at) == {"P1": ["amount"], "P2": None}, "dispute_not_shown")
            answering.uphold(table.rooms(), found.number, {"amount": "7"}, WORDS, table.provider)
            after = _figure(at, engine)
        finally:
            engine.close()
        demand((before, after) == (20, 17), "correction_did_not_arrive", before=before, after=after)
        with at.database.transaction() as connection:
            _close(table, connection, found)
        demand(_marked(at) == {"P1": None, "P2": None}, "dispute_still_shown")
    with bench.database.reading() as connection:
        unmarked = count(connection, "dissents_without_mark")
        sql = statements("citybrain.governance", "figures")["dissents"]
        raised, still_open, finished = connection.execute(sql).fetchone() or (0, 0, 0)
    demand(unmarked == 0, "dissents_without_mark", dissents=unmarked)
    return seen("dissent_runs_its_course", raised=raised, open=still_open, finished=finished)


def _figure(at: Stage, engine: Engine) -> float | None:
    indicator = at.city.indicators[AMOUNT]
    refresh(at.city, indicator, at.database, at.reader, engine, at.clock)
    with at.database.reading() as connection:
        return newest_of(connection, indicator, "", "")


def _marked(at: Stage) -> dict[str, list[str] | None]:
    contract = at.city.contracts[CONTRACT]
    with at.database.reading() as connection:
        rows = at.reader.current(connection, contract).collect()
        told = disputes.annotate(rows, contract, disputes.marks(connection, CONTRACT))
    return dict(zip(told["place"].to_list(), told[disputes.IN_DISPUTE].to_list(), strict=True))


def _close(table: _Table, connection: Connection, found: Dissent) -> None:
    at = table.at
    looking = {(item.department, item.basis) for item in consequences.redecisions(connection, found.id)}
    demand((CONSUMER, "grant:law-check") in looking, "user_not_told")
    rows = at.reader.relation(connection, at.city.contracts[CONTRACT], with_corrected=True).collect()
    demand(rows.filter(pl.col("place") == "P1").height == 2, "correction_overwrote")

    def accept(raiser: Raiser) -> Dissent:
        return answering.accept(connection, found.number, raiser, "", at.clock, at.new_id)

    refused(lambda: accept(Raiser("person", "law-check-clerk", PROVIDER)), AccessRefused, "closed_by_another")
    demand(accept(RAISER).state == "closed", "dissent_not_closed")
    acts = [event.act for event in case.course(connection, found.id)]
    entries = sum(
        count(connection, "entries_about", act=f"governance:dissent:{act}", subject=str(found.id)) for act in acts
    )
    demand(acts == ["raised", "upheld", "closed"] and entries == 3, "dissent_left_no_trail")


def dissent_keeps_its_clock(bench: Bench) -> Seen:
    """Let a dissent wait beyond its period: its provider is reminded, then it escalates and counts against it."""
    with _table(bench) as table:
        at, found = table.at, table.raise_it()

        def look(days: int) -> clocks.Watched:
            at.clock.advance(days * DAY)
            with at.database.transaction() as connection:
                return clocks.watch(connection, at.city, at.clock, at.new_id)

        demand(look(0) == clocks.Watched(), "escalated_too_soon")
        left = (found.due_at - at.clock.now()).days
        look(left)  # the last day of the period
        with at.database.transaction() as connection:
            asked = tasks.listed(connection, department=PROVIDER, open_only=True)
            demand(len(asked) == 1, "provider_not_reminded")
            clocks.urge(connection, found.number, table.authority, WORDS, at.clock, at.new_id)
        demand(look(2).escalated == (found.number,), "overdue_not_escalated")
        with at.database.transaction() as connection:
            asked = tasks.listed(connection, department=PROVIDER, open_only=True)
            demand([item.issuer_dept for item in asked] == [BUREAU, BUREAU], "overdue_not_escalated")
            now = at.clock.now()
            counted = statistics.by_provider(connection, at.city, now - 90 * DAY, now, [PROVIDER])
            demand([item.overdue for item in counted] == [1], "overdue_not_counted")
        _second_look(table, found)
    with bench.database.reading() as connection:
        silent = count(connection, "dissents_not_escalated", before=bench.clock.now() - TOLD_WITHIN)
        sql = statements("citybrain.governance", "figures")["dissents"]
        raised, still_open, _ = connection.execute(sql).fetchone() or (0, 0, 0)
    demand(silent == 0, "dissents_not_escalated", dissents=silent)
    return seen("dissent_keeps_its_clock", days=bench.city.settings.clocks.dissent, raised=raised, open=still_open)


def _second_look(table: _Table, found: Dissent) -> None:
    """Refuse an answer once: the data authority decides; a second refusal is none."""
    at = table.at
    with at.database.transaction() as connection:
        given = (connection, at.city, found.number)
        answering.reject(*given, WORDS, table.provider, at.clock, at.new_id)
        answering.appeal(*given, RAISER, WORDS, at.clock, at.new_id)
        answering.decide(*given, WORDS, table.authority, at.clock, at.new_id, for_raiser=False)
        refused(
            lambda: answering.appeal(*given, RAISER, WORDS, at.clock, at.new_id), Conflicting, "appealed_without_end"
        )


def scores_follow_faults(bench: Bench) -> Seen:
    """Deliver bad rows: the score of their provider drops at once, and nobody else's task is made."""
    with stage(bench) as at:
        today = city_day(at.clock.now(), at.city.zone)

        def accuracy() -> dict[str, float | None]:
            with at.database.reading() as connection:
                scores = scorecard.reckon(connection, at.city, today, today, at.clock.now())
            return {score.subject: score.share for score in scores if score.dimension == "accuracy"}

        at.send([reading(at.clock.now())])
        before = accuracy()
        at.send([reading(at.clock.now(), "P2", amount=TOO_MUCH)], key="second")
        after = accuracy()
    dropped = (before[CONTRACT], after[CONTRACT]) == (1.0, 0.5) and (before[PROVIDER], after[PROVIDER]) == (1.0, 0.5)
    demand(dropped, "score_ignores_faults")
    return seen("scores_follow_faults", resources=len(bench.city.contracts))


def quality_is_evaluated(bench: Bench) -> Seen:
    """Keep the scores of a day, report the month twice, object to a score: it is reckoned anew, both versions stay."""
    with stage(bench) as at:
        today = city_day(at.clock.now(), at.city.zone)
        bad = at.send([reading(at.clock.now()), reading(at.clock.now(), "P2", amount=TOO_MUCH)])
        with at.database.transaction() as connection:
            scorecard.keep(connection, at.city, today, at.clock, at.new_id)
            first, second = (as_csv(report(connection, f"{today:%Y-%m}"), at.city, "zh") for _ in range(2))
            demand(first == second and CONTRACT in first and PROVIDER in first, "report_differs")
            refused(lambda: case.one(connection, "00-0000"), NotKnown, "report_differs")
            raiser = Raiser("person", "law-check-clerk", PROVIDER)
            order = Order(CONTRACT, raiser, "console", WORDS, kind="score", day=today)
            found = raise_dissent(connection, at.city, at.reader, order, at.clock, at.new_id).dissent
            demand(CONTRACT in scorecard.contested(connection), "objection_not_shown")

            def again(objection: Dissent) -> None:
                scorecard.recompute(connection, at.city, objection, [bad.batch], [], at.clock, at.new_id)

            judge = at.viewer("law-check-leader")
            answering.answer_score(connection, at.city, found.number, WORDS, judge, at.clock, at.new_id, again)
            kept = [
                item for item in scorecard.trend(connection, CONTRACT, today, today) if item.dimension == "accuracy"
            ]
    demand([item.version for item in kept] == [2] and found.number in kept[0].reason, "objection_changes_nothing")
    with bench.database.reading() as connection:
        day = city_day(bench.clock.now(), bench.city.zone)
        scores = scorecard.reckon(connection, bench.city, day - 6 * DAY, day, bench.clock.now())
    measured = {score.subject for score in scores if score.dimension == scorecard.TOTAL and score.share is not None}
    bodies = sum(subject.startswith("dept:") for subject in measured)
    return seen("quality_is_evaluated", bodies=bodies, resources=len(measured) - bodies)
