"""CSV lines into cells: a quote that is opened and never closed costs its line, not everything after it."""

import csv
from collections.abc import Iterator

from citybrain.kernel.errors import BatchRefused

_LONGEST_CELL = 16_777_216
_MOST_READ_AGAIN = 67_108_864


class _Remembering:
    """Lines for the reader of cells, remembered since the last whole row so that they can be read again."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: list[str] = []
        self.taken: list[str] = []
        self.ended = False
        self.read_again = 0

    def __iter__(self) -> "_Remembering":
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else next(self._lines, None)
        if line is None:
            self.ended = True
            raise StopIteration
        self.taken.append(line)
        return line

    def row_done(self) -> None:
        """Forget the lines of a row that is whole."""
        self.taken.clear()

    def give_up_first(self) -> str:
        """Return the first line since the last whole row and put the others back to be read again."""
        first, *rest = self.taken
        self._again.extend(reversed(rest))
        self.read_again += sum(map(len, rest))
        self.taken.clear()
        self.ended = False
        return first


def cells_of(text: Iterator[str], delimiter: str) -> Iterator[list[str] | str]:
    """Split lines into cells, quoted line breaks included.

    Args:
        text: Lines with their ends.
        delimiter: One character between cells.

    Yields:
        The cells of a row; or the line itself where a quote was opened and never closed, or a cell is too long.

    Raises:
        BatchRefused: So many quotes are left open that the text is no CSV of this kind.

    Examples:
        >>> list(cells_of(iter(['1,"a\\n', 'b"\\n', '2,"c\\n', '3,d\\n']), ","))
        [['1', 'a\\nb'], '2,"c\\n', ['3', 'd']]

    """
    csv.field_size_limit(_LONGEST_CELL)
    lines = _Remembering(text)
    while lines.read_again <= _MOST_READ_AGAIN:
        try:
            for cells in csv.reader(lines, delimiter=delimiter):
                if lines.ended and len(lines.taken) > 1 and "".join(lines.taken).count('"') % 2:
                    break
                lines.row_done()
                yield cells
            else:
                return
        except csv.Error:
            pass
        yield lines.give_up_first()
    raise BatchRefused("hub.quotes_open")
