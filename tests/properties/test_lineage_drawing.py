"""Whatever a lineage looks like, its boxes never touch, every box is inside, and every line joins two of them."""

import re
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from citybrain.web.lineage_drawing import HEIGHT, WIDTH, lay_out

Graph = tuple[dict[int, list[str]], list[tuple[str, str]]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Make columns of nodes and edges from left to right."""
    sizes = draw(st.lists(st.integers(0, 8), min_size=1, max_size=9).filter(any))
    columns = {number: [f"{number}/{row}" for row in range(size)] for number, size in enumerate(sizes)}
    every = [node for nodes in columns.values() for node in nodes]
    pairs = [(a, b) for a, b in combinations(every, 2) if a.split("/")[0] < b.split("/")[0]]
    edges = draw(st.lists(st.sampled_from(pairs), max_size=30, unique=True)) if pairs else []
    return columns, edges


@given(graphs())
def test_boxes_never_touch_and_stay_inside(graph: Graph) -> None:
    columns, edges = graph
    drawn = lay_out(columns, edges)
    assert set(drawn.boxes) == {node for nodes in columns.values() for node in nodes}
    for box in drawn.boxes.values():
        assert 0 <= box.x <= drawn.width - WIDTH
        assert 0 <= box.y <= drawn.height - HEIGHT
    for one, other in combinations(drawn.boxes.values(), 2):
        assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT + 8


@given(graphs())
def test_every_edge_is_one_line_from_the_right_side_of_a_box_to_the_left_side_of_another(graph: Graph) -> None:
    columns, edges = graph
    drawn = lay_out(columns, edges)
    assert len(drawn.lines) == len(edges)
    rights = {(box.x + WIDTH, box.y + HEIGHT / 2) for box in drawn.boxes.values()}
    lefts = {(box.x, box.y + HEIGHT / 2) for box in drawn.boxes.values()}
    for line in drawn.lines:
        numbers = [float(number) for number in re.findall(r"-?[0-9.]+", line)]
        assert (numbers[0], numbers[1]) in rights
        assert (numbers[-2], numbers[-1]) in lefts
