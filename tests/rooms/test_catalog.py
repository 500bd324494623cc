"""The catalogue: what is declared is registered once, found by any of its words, and proven."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from citybrain.blueprint.apply import apply
from citybrain.blueprint.load import load
from citybrain.city.names import Basis, Name
from citybrain.city.whole import City
from citybrain.hub.catalog import demand, lists, proposals
from citybrain.hub.catalog.names import folded, pattern, words_of
from citybrain.hub.catalog.publish import Published, publish
from citybrain.hub.catalog.search import Query, Registered, Supply, one, proof, search, supplied
from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import NotKnown, WrongUse
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database
from citybrain.safeguards import evidence
from tests.rooms.conftest import CITIES, FLOW, Send

LIFTS = "contract:metro/lifts"
Publish = Callable[..., Published]


@pytest.fixture
def told(database: Database, clock: SetClock) -> Publish:
    """Publish a city under the next revision."""
    revisions = iter(range(1, 1000))

    def tell(city: City) -> Published:
        with database.transaction() as connection:
            return publish(connection, city, next(revisions), clock.now(), new_id)

    return tell


def found(database: Database, clock: SetClock, text: str = "", **more: object) -> list[str]:
    with database.reading() as connection:
        query = replace(Query(text), **more)  # type: ignore[arg-type]
        return [entry.ref for entry in search(connection, query, clock.now()).entries]


def entry(database: Database, ref: str) -> Registered:
    with database.reading() as connection:
        return one(connection, ref)


def without(city: City, ref: str) -> City:
    return replace(city, contracts={key: item for key, item in city.contracts.items() if key != ref})


def test_everything_of_the_city_is_an_entry_with_who_answers_and_a_number(
    database: Database, tiny: City, told: Publish
) -> None:
    expected = sum(
        len(index) for kind, index in tiny.kinds() if kind not in {"department", "grant", "cockpit", "policy"}
    )
    assert told(tiny) == Published(expected, 0, 0)
    with database.reading() as connection:
        rows = connection.execute("SELECT number, department, person FROM hub_catalog_entry ORDER BY 1").fetchall()
    assert [row[0] for row in rows] == list(range(1, expected + 1))
    assert all(department in tiny.departments and person for _, department, person in rows)
    flow = entry(database, FLOW)
    assert flow.content["provider"] == {
        "ref": "dept:metro",
        "code": "metro",
        "name": {"zh": "小城地铁", "en": "Tiny Metro"},
    }
    assert flow.content["fields"][1] == {
        "name": "station", "title": {"zh": "站点", "en": "station"}, "type": "string", "grade": 1, "unit": None
    }  # fmt: skip
    assert (flow.share, flow.content["cycle_seconds"], flow.content["modes"]) == (
        "conditional",
        900,
        ["interface", "file"],
    )


def test_lineage_runs_both_ways_and_consumers_are_the_departments_with_a_grant(
    database: Database, tiny: City, told: Publish
) -> None:
    told(tiny)
    around = entry(database, FLOW).around
    assert around["up"] == ["system:metro/afc"]
    assert "indicator:metro.entries" in around["down"]
    assert around["consumers"] == ["dept:government"]
    assert FLOW in entry(database, "indicator:metro.entries").around["up"]


@pytest.mark.parametrize(
    "typed",
    [
        "地铁分时客流",
        "分时",
        "metro FLOW",
        "flow metro",
        "ｆｌｏｗ",
        "ditiefenshi",
        "dtfs",
        "进站 客流",
        "slot_start",
        "15 分钟",
    ],
)
def test_an_entry_is_found_by_names_fields_summary_and_pinyin(
    database: Database, clock: SetClock, tiny: City, told: Publish, typed: str
) -> None:
    told(tiny)
    assert FLOW in found(database, clock, typed)


@pytest.mark.parametrize("typed", ["客流 电梯井", "%", "_%", "flow%", "' OR 1=1 --", "\\", "客流\x00x"])
def test_a_word_that_is_nowhere_finds_nothing_and_signs_stand_for_themselves(
    database: Database, clock: SetClock, tiny: City, told: Publish, typed: str
) -> None:
    told(tiny)
    assert FLOW not in found(database, clock, typed)


def test_an_underscore_finds_only_an_underscore(database: Database, clock: SetClock, tiny: City, told: Publish) -> None:
    told(tiny)
    assert FLOW in found(database, clock, "slot_start")
    assert found(database, clock, "slotXstart") == []


@given(typed=st.text(max_size=30))
@trials(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_finds_exactly_the_entries_that_hold_every_word(
    database: Database, clock: SetClock, tiny: City, typed: str
) -> None:
    with database.transaction() as connection:
        publish(connection, tiny, 1, clock.now(), new_id)
        texts = dict(connection.execute("SELECT ref, search FROM hub_catalog_entry").fetchall())
    held = {ref for ref, text in texts.items() if all(word in text for word in words_of(typed))}
    assert set(found(database, clock, typed)) == held
    assert pattern("a").startswith("%")
    assert folded(folded(typed)) == folded(typed)


def test_names_that_begin_with_the_word_come_first_then_names_that_hold_it(
    database: Database, clock: SetClock, tiny: City, told: Publish
) -> None:
    flow = tiny.contracts[FLOW]
    more = {
        "contract:metro/a": replace(flow, ref="contract:metro/a", name=Name(zh="公交客流", en="Bus"), description="x"),
        "contract:metro/b": replace(flow, ref="contract:metro/b", name=Name(zh="客流汇总", en="Sum"), description="x"),
        "contract:metro/c": replace(flow, ref="contract:metro/c", name=Name(zh="公告", en="N"), description="客流公告"),
    }
    told(replace(tiny, contracts=more, indicators={}, models={}, scenarios={}, sources={}, systems={}, grants={}))
    assert found(database, clock, "客流") == ["contract:metro/b", "contract:metro/a", "contract:metro/c"]


def test_filters_paging_and_facets_agree(database: Database, clock: SetClock, tiny: City, told: Publish) -> None:
    told(tiny)
    with database.reading() as connection:
        whole = search(connection, Query(), clock.now())
        contracts = search(connection, Query(kinds=("contract",)), clock.now())
        beyond = search(connection, Query(start=10_000), clock.now())
        second = search(connection, Query(start=1, rows=1), clock.now())
    assert whole.total == len(whole.entries) == sum(whole.facets["kind"].values())
    assert contracts.total == whole.facets["kind"]["contract"] == len(tiny.contracts)
    assert contracts.facets["kind"] == whole.facets["kind"]
    assert (beyond.entries, beyond.total) == ((), whole.total)
    assert second.entries == whole.entries[1:2]


def test_who_may_not_know_of_an_entry_neither_finds_nor_counts_it(
    database: Database, clock: SetClock, tiny: City, told: Publish
) -> None:
    told(tiny)
    assert LIFTS not in found(database, clock, hidden=(LIFTS,))
    assert found(database, clock, public=True) == [ref for ref, item in tiny.contracts.items() if item.open]
    with database.reading() as connection, pytest.raises(NotKnown, match="catalog.entry_unknown"):
        one(connection, LIFTS, hidden=(LIFTS,))


def test_a_second_publication_of_the_same_city_writes_nothing(database: Database, tiny: City, told: Publish) -> None:
    told(tiny)
    before = entry(database, FLOW)
    assert told(tiny) == Published(0, 0, 0)
    assert entry(database, FLOW) == before
    with database.reading() as connection:
        assert connection.execute("SELECT count(DISTINCT version) FROM hub_catalog_entry").fetchone() == (1,)


def test_an_entry_that_goes_and_returns_keeps_its_number_and_leaves_evidence_of_each_step(
    database: Database, tiny: City, told: Publish, clock: SetClock
) -> None:
    told(tiny)
    first = entry(database, LIFTS)
    clock.advance(timedelta(days=1))
    assert told(without(tiny, LIFTS)).withdrawn == 1
    with database.reading() as connection, pytest.raises(NotKnown):
        one(connection, LIFTS)
    clock.advance(timedelta(days=1))
    assert told(tiny).changed == 1
    again = entry(database, LIFTS)
    assert (again.number, again.registration, again.registered_at) == (
        first.number,
        first.registration,
        first.registered_at,
    )
    assert (again.sha256, again.version) == (first.sha256, 3)
    with database.reading() as connection:
        acts = connection.execute("SELECT act FROM evidence_entry WHERE subject = %s ORDER BY id", [LIFTS]).fetchall()
    assert [act for (act,) in acts] == ["hub:catalog:registered", "hub:catalog:withdrawn", "hub:catalog:changed"]


def test_a_new_grant_changes_the_consumers_but_not_what_is_registered(
    database: Database, tiny: City, told: Publish
) -> None:
    told(tiny)
    before = entry(database, FLOW)
    assert told(replace(tiny, grants={})) == Published(0, 0, 0)
    after = entry(database, FLOW)
    assert (after.sha256, after.version) == (before.sha256, before.version)
    assert after.around["consumers"] == []


def test_the_proof_names_digest_entry_and_place_and_finds_a_rewritten_entry(
    database: Database, tiny: City, told: Publish
) -> None:
    told(tiny)
    with database.transaction() as connection:
        evidence.seal(connection)
    registered = entry(database, FLOW)
    with database.reading() as connection:
        shown = proof(connection, registered)
    assert shown is not None
    assert (shown.entry, shown.act, shown.holds) == (registered.evidence, "hub:catalog:registered", True)
    assert shown.sequence is not None
    with database.transaction() as connection:
        connection.execute(
            "UPDATE hub_catalog_entry SET content = jsonb_set(content, '{person}', '\"x\"') WHERE ref = %s", [FLOW]
        )
    with database.reading() as connection:
        spoilt = proof(connection, one(connection, FLOW))
    assert spoilt is not None
    assert not spoilt.holds


def test_quality_and_mounting_come_from_the_batches(
    database: Database, tiny: City, told: Publish, send: Send, clock: SetClock
) -> None:
    told(tiny)
    with database.reading() as connection:
        before = supplied(connection, [FLOW], clock.now())[FLOW]
        assert next(row.rate for row in lists.mount_rates(connection)) == 0.0
    assert (before.grade, before.mounted) == (None, False)
    good = '{"slot_start":"2026-11-20T03:45:00Z","station":"S1","entries":3,"exits":4}\n'
    bad = '{"slot_start":"2026-11-20T03:45:00Z","station":"S2","entries":-3,"exits":4}\n'
    send(good + bad)
    with database.reading() as connection:
        after = supplied(connection, [FLOW], clock.now())[FLOW]
        rates = {row.department: (row.mounted, row.contracts) for row in lists.mount_rates(connection)}
    assert (after.received, after.set_aside, after.grade, after.mounted) == (2, 1, "E", True)
    assert rates["dept:metro"] == (1, 2)
    assert rates[""] == (1, len(tiny.contracts))


@pytest.mark.parametrize(
    ("set_aside", "grade"), [(0, "A"), (1, "A"), (2, "B"), (6, "C"), (11, "D"), (21, "E"), (100, "E")]
)
def test_five_grades_of_quality(set_aside: int, grade: str) -> None:
    assert Supply(100, set_aside, 0, True, None).grade == grade


def test_a_field_nobody_declares_is_proposed_until_declared_or_ignored_with_a_reason(
    database: Database, tiny: City, send: Send, clock: SetClock
) -> None:
    contract = tiny.contracts[FLOW]
    row = '{"slot_start":"2026-11-20T03:45:00Z","station":"S%d","entries":3,"exits":4,"weather":"rain"}'
    for number in (1, 2):
        send(row % number, key=f"k{number}")
    with database.transaction() as connection:
        (shown,) = proposals.proposals(connection, tiny.contracts, clock.now())
        assert (shown.contract, shown.field, shown.batches) == (FLOW, "weather", 2)
        assert shown.yaml == "      - name: weather\n        logicalType: string"
        with pytest.raises(WrongUse, match="catalog.reason_empty"):
            proposals.ignore(connection, contract, "weather", "zhou", "  ", clock.now(), new_id)
        with pytest.raises(NotKnown, match="catalog.proposal_unknown"):
            proposals.ignore(connection, contract, "moon", "zhou", "no", clock.now(), new_id)
        declared = replace(contract, fields=(*contract.fields, replace(contract.fields[0], name="weather")))
        assert proposals.proposals(connection, {FLOW: declared}, clock.now()) == []
        proposals.ignore(connection, contract, "weather", "zhou", "闸机测试字段", clock.now(), new_id)
        assert proposals.proposals(connection, tiny.contracts, clock.now()) == []
        acts = connection.execute("SELECT body FROM evidence_entry WHERE act = 'hub:drift:ignored'").fetchall()
    assert "闸机测试字段" in acts[0][0]
    with database.reading() as connection:
        assert proposals.proposals(connection, tiny.contracts, clock.now() + timedelta(days=31)) == []


def test_a_demand_is_raised_in_words_and_closed_once_by_an_entry(
    database: Database, tiny: City, told: Publish, clock: SetClock
) -> None:
    told(tiny)
    with database.transaction() as connection:
        raised = demand.raise_demand(connection, "dept:government", "chen", " 各站 \n 客流预测 ", clock.now(), new_id)
        with pytest.raises(WrongUse, match="catalog.demand_empty"):
            demand.raise_demand(connection, "dept:government", "chen", " ", clock.now(), new_id)
        listed, total = demand.demands(connection)
        assert (listed[0].words, listed[0].ref, total) == ("各站 客流预测", None, 1)
    with database.transaction() as connection, pytest.raises(NotKnown, match="catalog.entry_unknown"):
        demand.close(connection, raised, "contract:metro/none", "lin", clock.now(), new_id)
    with database.transaction() as connection:
        demand.close(connection, raised, FLOW, "lin", clock.now(), new_id)
        with pytest.raises(NotKnown, match="catalog.demand_unknown"):
            demand.close(connection, raised, FLOW, "lin", clock.now(), new_id)
        assert demand.demands(connection)[0][0].ref == FLOW


def test_the_lists_say_who_answers_and_what_is_kept_back_under_which_law(
    database: Database, tiny: City, told: Publish
) -> None:
    basis = Basis(law="hangzhou-2021/9", text=Name(zh="依法不予共享", en="not shared by law"))
    kept = replace(tiny.contracts[LIFTS], share="none", share_basis=basis)
    told(replace(tiny, contracts={**tiny.contracts, LIFTS: kept}))
    with database.reading() as connection:
        (line,) = lists.kept_back(connection)
        duties = lists.duties(connection)
    assert (line.ref, line.condition) == (
        LIFTS,
        {"law": "hangzhou-2021/9", "zh": "依法不予共享", "en": "not shared by law"},
    )
    metro = next(item for item in duties if (item.department, item.person) == ("dept:metro", "zhou"))
    assert metro.entries["contract"] == 2
    content = entry(database, LIFTS).content
    assert (content["formats"], content["modes"]) == ([], [])


def test_a_page_costs_the_same_statements_among_ten_and_among_a_thousand(
    database: Database, tiny: City, told: Publish, clock: SetClock
) -> None:
    told(tiny)
    flow = tiny.contracts[FLOW]
    many = {
        f"contract:metro/m{number}": replace(
            flow, ref=f"contract:metro/m{number}", name=Name(zh=f"客流{number}", en="F")
        )
        for number in range(1_000)
    }

    def statements_of_a_page() -> int:
        counted = 0
        with database.reading() as connection:
            execute = connection.execute

            def counting(*rest: object, **more: object) -> object:
                nonlocal counted
                counted += 1
                return execute(*rest, **more)  # type: ignore[arg-type]

            connection.execute = counting  # type: ignore[method-assign,assignment]
            try:
                search(connection, Query("客流"), clock.now())
            finally:
                del connection.execute
        return counted

    few = statements_of_a_page()
    told(replace(tiny, contracts={**tiny.contracts, **many}))
    assert few == statements_of_a_page() == 3


def test_the_demo_city_is_published_whole(database: Database, told: Publish, clock: SetClock) -> None:
    city = load(CITIES / "hangzhou").city
    assert city is not None
    made = told(city)
    assert made.registered > len(city.contracts) + len(city.indicators)
    with database.reading() as connection:
        persons = connection.execute("SELECT count(*) FROM hub_catalog_entry WHERE person = ''").fetchone()
    assert persons == (0,)


def test_a_city_applied_before_there_was_a_catalogue_is_published_by_the_next_apply(
    database: Database, clock: SetClock
) -> None:
    loaded = load(CITIES / "tiny")
    with database.transaction() as connection:
        _, number = apply(connection, loaded, "test", clock, new_id)
        connection.execute("DELETE FROM hub_catalog_entry")
        connection.execute("DELETE FROM hub_catalog_state")
    with database.transaction() as connection:
        assert apply(connection, loaded, "test", clock, new_id)[1] == number
        assert one(connection, FLOW).revision == number
