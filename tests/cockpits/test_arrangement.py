"""Where widgets stand: full rows of tiles, columns that go on below them, pairs read together."""

import pytest

from citybrain.cockpits.arrangement import desk_panes, side_panels, tile_cells, tile_spans, wall_columns
from citybrain.cockpits.view import Advice, DistrictMap, Panel, Ranking, TaskList, Trend

TREND = Trend("trend", "", "", (), (), "")
MAP = DistrictMap("map", "", (), (1, 1), (), "")
RANK = Ranking("rank", "", (), "", "")
TASKS = TaskList("tasks", "", ())
ADVICE = Advice("advice", "", ())


@pytest.mark.parametrize("count", range(1, 33))
def test_every_row_of_tiles_is_full_and_no_last_one_stands_alone(count: int) -> None:
    spans = tile_spans(count)
    assert len(spans) == count
    assert sum(spans) % 4 == 0
    assert count == 1 or spans[-1] < 4
    cells = tile_cells(count)
    assert sum("first" in cell for cell in cells) == sum("last" in cell for cell in cells) == sum(spans) // 4


def test_a_wall_has_four_columns_and_advice_stands_under_the_trend() -> None:
    columns = wall_columns((TREND, MAP, RANK, TASKS, ADVICE))
    assert columns == ((MAP,), (RANK,), (TREND, ADVICE), (TASKS,))


def test_no_panel_is_lost_however_many_there_are() -> None:
    panels: tuple[Panel, ...] = (TREND, TREND, TREND, MAP, RANK, RANK, TASKS, ADVICE, ADVICE)
    for columns in (wall_columns(panels), (*desk_panes(panels), side_panels(panels))):
        assert sorted(panel.id for column in columns for panel in column) == sorted(panel.id for panel in panels)
        assert all(columns)


def test_a_map_and_the_ranking_beside_it_share_a_pane_on_the_desk() -> None:
    assert desk_panes((TREND, MAP, RANK, TASKS)) == ((TREND,), (MAP, RANK))
    assert desk_panes((MAP, TREND, RANK)) == ((MAP,), (TREND,), (RANK,))


def test_two_trends_stand_one_above_the_other_beside_a_map_that_stands_alone() -> None:
    assert desk_panes((MAP, TREND, TASKS, RANK, TREND, RANK)) == ((MAP,), (TREND, TREND), (RANK,), (RANK,))
    assert desk_panes((TREND, MAP, RANK, TREND)) == ((TREND,), (MAP, RANK), (TREND,))


def test_a_map_on_a_wall_keeps_its_column_while_there_is_another() -> None:
    columns = wall_columns((MAP, TREND, TASKS, RANK, TREND, RANK))
    assert columns == ((MAP,), (RANK,), (TREND, RANK), (TASKS, TREND))


def test_tasks_come_before_advice_at_the_side() -> None:
    assert side_panels((ADVICE, TREND, TASKS)) == (TASKS, ADVICE)
