"""CSV through the hub's own door: one open quote costs one line."""

from citybrain.hub.formats import Layout, parse


def test_an_open_quote_costs_its_line_and_the_rows_after_it_are_kept() -> None:
    parsed = parse(b'a,b\n1,"x\n2,y\n3,w\n', Layout("csv"))
    assert [(line.row, line.reason, line.text) for line in parsed.broken] == [(1, "line_open_quote", '1,"x')]
    assert parsed.frame.rows() == [("2", "y"), ("3", "w")]
    assert parsed.rows.to_list() == [2, 3]


def test_a_million_characters_in_one_cell_are_one_cell() -> None:
    parsed = parse(b'a,b\n1,"' + b"x" * 1_000_000 + b'"\n', Layout("csv"))
    assert parsed.frame["b"].str.len_chars().to_list() == [1_000_000]
