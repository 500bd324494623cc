"""Probes of cockpits: explained numbers, posts, audiences, lateness, themes (Hangzhou art. 10; Nanjing art. 12)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from citybrain.cockpits.board import board
from citybrain.cockpits.figures import Look
from citybrain.cockpits.outline import schematic_cells
from citybrain.cockpits.view import Cockpit as Board
from citybrain.governance.bench import Bench, Seen, demand, refused, seen
from citybrain.governance.figures import count
from citybrain.governance.rehearsal import Stage, stage
from citybrain.governance.scratch import (
    AMOUNT,
    COCKPIT,
    DISTRICT_COCKPIT,
    DISTRICTS,
    THEME,
    reading,
)
from citybrain.insight.engines.duckdb import Engine
from citybrain.insight.places import Gazetteer
from citybrain.insight.refresh import refresh
from citybrain.insight.values import standing
from citybrain.kernel.clock import city_day
from citybrain.kernel.errors import NotKnown
from citybrain.safeguards import viewing

HOURS = timedelta(hours=3)


def numbers_explain_themselves(bench: Bench) -> Seen:
    """Open every number of every cockpit: it is declared, defined, owned and rests on contracts."""
    city = bench.city
    numbers: set[str] = set()
    for cockpit in city.cockpits.values():
        for widget in cockpit.widgets():
            if widget.indicator is None:
                continue
            ref = f"indicator:{widget.indicator}"
            demand(ref in city.indicators, "number_undeclared", answers=cockpit.owner, number=widget.indicator)
            numbers.add(ref)
    for ref in numbers:
        indicator = city.indicators[ref]
        sources = city.contracts_read_by(indicator)
        whole = bool(indicator.caliber.zh) and indicator.owner in city.departments and bool(sources)
        demand(whole and all(name in city.contracts for name in sources), "number_unexplained", number=ref)
    with bench.database.reading() as connection:
        beyond = count(connection, "figures_without_log")
    demand(beyond == 0, "number_beyond_log", numbers=beyond)
    return seen("numbers_explain_themselves", numbers=len(numbers), cockpits=len(city.cockpits))


def cockpits_fit_posts(bench: Bench) -> Seen:
    """Let a leader, a clerk and two district officers knock at two cockpits: each opens only what is theirs."""
    with stage(bench) as at:
        leader, clerk = at.viewer("law-check-leader"), at.viewer("law-check-clerk")
        mine, other = at.viewer(f"law-check-{DISTRICTS[0]}"), at.viewer(f"law-check-{DISTRICTS[1]}")
        city_wide, district = at.city.cockpits[COCKPIT], at.city.cockpits[DISTRICT_COCKPIT]
    demand(viewing.may_open(leader, city_wide), "cockpit_closed_to_its_post")
    demand(not viewing.may_open(clerk, city_wide) and not viewing.may_open(mine, city_wide), "cockpit_open_to_all")
    demand(viewing.may_open(mine, district, DISTRICTS[0]), "cockpit_closed_to_its_post")
    demand(not viewing.may_open(other, district, DISTRICTS[0]), "district_open_to_another")
    city = bench.city
    posts = {post for cockpit in city.cockpits.values() for post in cockpit.audience.posts}
    levels = {cockpit.audience.level for cockpit in city.cockpits.values()}
    return seen("cockpits_fit_posts", cockpits=len(city.cockpits), posts=len(posts), levels=len(levels))


def cockpits_are_looked_after(bench: Bench) -> Seen:
    """Look for cockpits whose review is overdue or whose owner is unknown."""
    today = city_day(bench.clock.now(), bench.city.zone)
    nearest = None
    for cockpit in bench.city.cockpits.values():
        known = cockpit.owner in bench.city.departments
        demand(known, "cockpit_without_owner", cockpit=cockpit.ref)
        name = {"zh": cockpit.name.zh, "en": cockpit.name.en}
        day = cockpit.review_by.isoformat()
        demand(cockpit.review_by >= today, "review_is_overdue", answers=cockpit.owner, cockpit=name, day=day)
        nearest = min(filter(None, (nearest, cockpit.review_by)))
    cockpits = len(bench.city.cockpits)
    return seen("cockpits_are_looked_after", cockpits=cockpits, day=nearest.isoformat() if nearest else "")


@contextmanager
def _delivered(bench: Bench) -> Iterator[tuple[Stage, Engine]]:
    """Put rows on a stage and compute both of its indicators."""
    with stage(bench) as at:
        now = at.clock.now()
        at.send([reading(now, amount=40), reading(now, "P2", amount=2)])
        engine = Engine(threads=1, memory="256MB")
        try:
            for ref in (AMOUNT, THEME):
                refresh(at.city, at.city.indicators[ref], at.database, at.reader, engine, at.clock)
            yield at, engine
        finally:
            engine.close()


def forbidden_number_is_absent(bench: Bench) -> Seen:
    """Open a cockpit as somebody outside the audience of its number: neither page nor interface knows the number."""
    with _delivered(bench) as (at, _):
        leader, clerk = at.viewer("law-check-leader"), at.viewer("law-check-clerk")
        refused(lambda: viewing.require_indicator(leader, at.city, AMOUNT), NotKnown, "forbidden_number_answered")
        demand(viewing.require_indicator(clerk, at.city, AMOUNT).ref == AMOUNT, "number_closed_to_its_audience")
        with at.database.reading() as connection:
            look = Look(connection, at.city, Gazetteer(), None, at.clock.now(), "zh")
            declared, outline = at.city.cockpits[COCKPIT], schematic_cells(DISTRICTS)
            shut: Board = board(look, "law-check", declared, leader, outline)
            opened: Board = board(look, "law-check", declared, clerk, outline)
    demand(not shut.tiles and shut.hidden == 1, "forbidden_number_shown")
    demand(len(opened.tiles) == 1, "number_closed_to_its_audience")
    narrow = [item for item in bench.city.indicators.values() if item.audience.posts or item.audience.departments]
    return seen("forbidden_number_is_absent", narrow=len(narrow), indicators=len(bench.city.indicators))


def late_is_shown_late(bench: Bench) -> Seen:
    """Deliver rows: the number changes with them; stop delivering: the number says that it is late."""
    with _delivered(bench) as (at, engine):
        indicator = at.city.indicators[AMOUNT]
        with at.database.reading() as connection:
            fresh = standing(connection, at.city, indicator, at.clock.now())
        demand(fresh.point is not None and fresh.point.value == 42, "number_not_computed")
        demand(fresh.state == "normal", "fresh_shown_late")
        at.send([reading(at.clock.now(), "P3", amount=8)], key="more")
        refresh(at.city, indicator, at.database, at.reader, engine, at.clock)
        with at.database.reading() as connection:
            moved = standing(connection, at.city, indicator, at.clock.now())
            at.clock.advance(HOURS)
            late = standing(connection, at.city, indicator, at.clock.now())
    demand(moved.point is not None and moved.point.value == 50, "number_stands_still")
    demand(late.state == "stale" and late.late_by is not None, "late_shown_fresh")
    now, marked = bench.clock.now(), 0
    with bench.database.reading() as connection:
        for item in bench.city.indicators.values():
            marked += standing(connection, bench.city, item, now).state == "stale"
    return seen("late_is_shown_late", indicators=len(bench.city.indicators), late=marked)


def theme_is_rebuilt(bench: Bench) -> Seen:
    """Compute a number over a theme model: it is rebuilt from the contract's rows and names its sources."""
    with _delivered(bench) as (at, _):
        indicator = at.city.indicators[THEME]
        with at.database.reading() as connection:
            said = standing(connection, at.city, indicator, at.clock.now())
        sources = at.city.contracts_read_by(indicator)
    demand(said.point is not None and said.point.value == 42, "theme_is_wrong")
    demand(sources == ("contract:law-check/readings",), "theme_hides_its_sources")
    for model in bench.city.models.values():
        known = model.owner in bench.city.departments and set(model.reads.values()) <= set(bench.city.contracts)
        demand(known, "theme_hangs_loose", model=model.ref)
    return seen("theme_is_rebuilt", models=len(bench.city.models))
