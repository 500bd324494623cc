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


def test_a_line_too_long_to_be_any_costs_one_row_and_the_rows_after_it_are_kept() -> None:
    long = b'2,"' + b"y" * 17_000_000
    parsed = parse(b'a,b\n1,"x"\n' + long + b'"\n3,z\n' + long, Layout("csv"))
    assert parsed.frame.rows() == [("1", "x"), ("3", "z")]
    assert [(line.row, line.reason) for line in parsed.broken] == [(2, "line_too_long"), (4, "line_too_long")]
    assert len(parsed.broken[0].text) <= 200
