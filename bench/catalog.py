"""The catalogue among 10,000 resources with 3,000 grants: a page of 100 by search, and one more publication."""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from bench.scratch import scratch_database
from citybrain.blueprint.load import load
from citybrain.city.grant import Grant
from citybrain.city.names import Name
from citybrain.city.whole import City
from citybrain.hub.catalog.publish import publish
from citybrain.hub.catalog.search import Query, search
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database

RESOURCES, GRANTS, ROUNDS = 10_000, 3_000, 60
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
_THINGS = ("客流", "停车", "空气", "水位", "噪声", "工单", "病床", "企业", "路况", "电梯")
_PLACES = ("西湖", "滨江", "余杭", "萧山", "上城", "拱墅", "临平", "钱塘", "富阳", "建德")


def city_of(resources: int, grants: int) -> City:
    """Make a city of many resources out of the tiny one."""
    loaded = load(Path(__file__).parents[1] / "cities" / "tiny").city
    if loaded is None:
        raise RuntimeError("the tiny city has findings")
    like, grant = next(iter(loaded.contracts.values())), next(iter(loaded.grants.values()))
    contracts = {}
    for number in range(resources):
        ref = f"contract:metro/r{number}"
        zh = f"{_PLACES[number % 10]}{_THINGS[number // 10 % 10]}{number}"
        contracts[ref] = replace(like, ref=ref, name=Name(zh=zh, en=f"Resource {number}"), description=zh)
    given = {}
    for number in range(grants):
        made: Grant = grant.model_copy(
            update={"grant": f"g{number}", "from_": f"contract:metro/r{number}", "until": date(2099, 1, 1)}
        )
        given[made.ref] = made
    return replace(loaded, contracts={**loaded.contracts, **contracts}, grants=given)


def measured(call: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Return the median and the 95th percentile of a call, in milliseconds."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took), statistics.quantiles(took, n=20)[18]


def main() -> None:
    """Print what a page costs, and what a publication costs that changes one entry."""
    with scratch_database() as (_, url), Database(url, max_size=2) as database:
        _run(database)


def _run(database: Database) -> None:
    city = city_of(RESOURCES, GRANTS)
    began = time.perf_counter()
    with database.transaction() as connection:
        made = publish(connection, city, 1, NOW, new_id)
    print(f"first publication of {made.registered} entries: {time.perf_counter() - began:.1f} s")
    with database.alone() as connection:
        connection.execute("ANALYZE")
    changed = {**city.contracts}
    ref = "contract:metro/r5"
    changed[ref] = replace(changed[ref], description="变更")
    began = time.perf_counter()
    with database.transaction() as connection:
        again = publish(connection, replace(city, contracts=changed), 2, NOW, new_id)
    print(f"publication that changes {again.changed} of them: {time.perf_counter() - began:.2f} s")
    asked = {
        "everything": Query(),
        "one word": Query("客流"),
        "pinyin": Query("xhkl"),
        "two words, filter": Query("西湖 客流", kinds=("contract",), owner="dept:metro"),
        "last page": Query(start=RESOURCES - 100),
        "nothing": Query("没有的词"),
    }
    for name, query in asked.items():

        def page(query: Query = query) -> None:
            with database.reading() as connection:
                search(connection, query, NOW)

        page()
        median, p95 = measured(page, ROUNDS)
        print(f"page of 100 among {RESOURCES}, {name}: median {median:.1f} ms, p95 {p95:.1f} ms")
