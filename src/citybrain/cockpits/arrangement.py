"""Where the widgets of a cockpit stand on a wall, a desk and a phone."""

from citybrain.cockpits.view import Advice, DistrictMap, Panel, Ranking, TaskList, Trend

MOST_WALL_COLUMNS = 4
TILE_COLUMNS = 4
_SHARES: tuple[type[Panel], ...] = (Trend, TaskList, Ranking, Advice, DistrictMap)


def wall_columns(panels: tuple[Panel, ...]) -> tuple[tuple[Panel, ...], ...]:
    """Stack panels in columns that continue the columns of the tiles.

    Map, ranking, trend and tasks get a column each, in that order; advice stands under the trend;
    what is left goes to the column with the least in it, and to the map last, which nobody could read otherwise.

    Args:
        panels: Panels in declared order.

    Returns:
        At most four columns, none empty, each with its panels from top to bottom.

    """
    columns: list[list[Panel]] = []
    later: list[Panel] = []
    for kind in (DistrictMap, Ranking, Trend, TaskList):
        own: list[Panel] = [panel for panel in panels if isinstance(panel, kind)]
        if own:
            columns.append(own[:1])
            later += own[1:]
    later += [panel for panel in panels if isinstance(panel, Advice)]
    for panel in later:
        if len(columns) < MOST_WALL_COLUMNS:
            columns.append([panel])
        else:
            _roomiest(columns).append(panel)
    return tuple(tuple(column) for column in columns)


def _roomiest(columns: list[list[Panel]]) -> list[Panel]:
    return min(columns, key=lambda column: (len(column), _SHARES.index(type(column[0]))))


def desk_panes(panels: tuple[Panel, ...]) -> tuple[tuple[Panel, ...], ...]:
    """Pair what is read together; tasks and advice are left to the side column.

    Args:
        panels: Panels in declared order.

    Returns:
        Panes in declared order; a map and the ranking next to it share one, and beside a map that stands alone, which
        is tall, the first two trends stand one above the other.

    """
    panes: list[tuple[Panel, ...]] = []
    for panel in panels:
        if isinstance(panel, (TaskList, Advice)):
            continue
        if panes and len(panes[-1]) == 1 and {type(panes[-1][0]), type(panel)} == {DistrictMap, Ranking}:
            panes[-1] = (*panes[-1], panel)
        else:
            panes.append((panel,))
    return tuple(_stacked(panes))


def _stacked(panes: list[tuple[Panel, ...]]) -> list[tuple[Panel, ...]]:
    trends = [pane for pane in panes if len(pane) == 1 and isinstance(pane[0], Trend)]
    alone = any(len(pane) == 1 and isinstance(pane[0], DistrictMap) for pane in panes)
    if not alone or len(trends) < 2:
        return panes
    at = panes.index(trends[0])
    second = panes.index(trends[1], at + 1)
    rest = [pane for index, pane in enumerate(panes) if index not in {at, second}]
    return [*rest[:at], trends[0] + trends[1], *rest[at:]]


def side_panels(panels: tuple[Panel, ...]) -> tuple[Panel, ...]:
    """Name the panels of the side column: tasks first, then advice.

    Args:
        panels: Panels in declared order.

    Returns:
        Task lists, then advice.

    """
    tasks = tuple(panel for panel in panels if isinstance(panel, TaskList))
    return tasks + tuple(panel for panel in panels if isinstance(panel, Advice))


def tile_spans(count: int) -> tuple[int, ...]:
    """Give each tile its columns, so that every row of four is full and no last tile stands alone.

    Args:
        count: Number of tiles.

    Returns:
        1, 2 or 4 for each tile.

    Examples:
        >>> tile_spans(8)
        (1, 1, 1, 1, 1, 1, 1, 1)
        >>> tile_spans(5)
        (2, 1, 1, 2, 2)

    """
    rows = -(-count // TILE_COLUMNS)
    spans: list[int] = []
    for row in range(rows):
        in_row = count // rows + (row < count % rows)
        spans += {1: (4,), 2: (2, 2), 3: (2, 1, 1), 4: (1, 1, 1, 1)}[in_row]
    return tuple(spans)


def tile_cells(count: int) -> tuple[str, ...]:
    """Name the place of each tile for the style sheet.

    Args:
        count: Number of tiles.

    Returns:
        For each tile ``s1``, ``s2`` or ``s4``, with ``first`` and ``last`` of its row.

    Examples:
        >>> tile_cells(3)
        ('s2 first', 's1', 's1 last')

    """
    names: list[str] = []
    column = 0
    for span in tile_spans(count):
        place = [f"s{span}"]
        if column == 0:
            place.append("first")
        column = (column + span) % TILE_COLUMNS
        if column == 0:
            place.append("last")
        names.append(" ".join(place))
    return tuple(names)
