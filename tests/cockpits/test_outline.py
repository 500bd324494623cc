"""Divisions on paper: real outlines, an inset for the inner city, cells where there is nothing."""

import pytest

from citybrain.cockpits.outline import Outline, project, schematic_cells


def square(code: str, west: float, south: float, side: float) -> dict[str, object]:
    """Make a square division."""
    ring = [[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]
    return {
        "type": "Feature",
        "properties": {"adcode": code},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def city() -> Outline:
    """Draw a large county beside four small districts."""
    small = [square(f"in{i}{j}", 3 + i * 0.2, 1 + j * 0.2, 0.2) for i in range(2) for j in range(2)]
    return project({"type": "FeatureCollection", "features": [square("out", 0, 0, 3), *small]})


def test_north_is_up_and_the_paper_is_a_thousand_wide() -> None:
    drawn = city()
    assert drawn.size[0] == 1000
    by_code = {shape.code: shape for shape in drawn.shapes}
    assert by_code["in01"].box[1] < by_code["in00"].box[1]
    assert all(0 <= shape.box[0] <= shape.box[2] <= 1000.5 for shape in drawn.shapes)


def test_neighbours_share_their_border_exactly() -> None:
    by_code = {shape.code: shape for shape in city().shapes}
    assert by_code["in00"].box[2] == pytest.approx(by_code["in10"].box[0])


def test_a_label_stands_inside_its_division() -> None:
    for shape in city().shapes:
        left, top, right, bottom = shape.box
        assert left < shape.label_at[0] < right
        assert top < shape.label_at[1] < bottom


def test_only_divisions_the_inset_shows_are_named_there() -> None:
    drawn = city()
    inset = drawn.inset_around(["in00", "in01", "in10", "in11"], scale=3)
    assert inset[2] == pytest.approx(1000 / 3, abs=1)
    assert inset[0] >= 0
    assert inset[0] + inset[2] <= 1001
    assert set(drawn.labels_in(inset)) == {"in00", "in01", "in10", "in11"}


def test_a_file_without_areas_is_refused() -> None:
    line = {"type": "Feature", "properties": {}, "geometry": {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}}
    with pytest.raises(ValueError, match="no area"):
        project({"type": "FeatureCollection", "features": [line]})


def test_cells_say_that_they_are_schematic_and_do_not_overlap() -> None:
    drawn = schematic_cells([f"{number:02d}" for number in range(13)])
    assert drawn.schematic
    assert not city().schematic
    boxes = [shape.box for shape in drawn.shapes]
    for index, a in enumerate(boxes):
        for b in boxes[index + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
