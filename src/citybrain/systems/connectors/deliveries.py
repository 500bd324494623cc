"""What every connector hands over: a delivery of parts, each small enough to be one batch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from citybrain.hub.formats import Parsed
from citybrain.kernel.errors import BatchRefused


@dataclass(frozen=True, slots=True)
class Part:
    """One batch of a delivery.

    Attributes:
        number: From 1, in the order of the file.
        parsed: Rows under the contract's field names, cells as text; a cell whose expression failed keeps the text it
            had. Row numbers are those of the file (data rows from 1); where wide rows are unfolded, those of the
            unfolded rows.
        passed_by: Rows that the source says are meant for another contract; they are counted, not delivered.

    """

    number: int
    parsed: Parsed
    passed_by: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file, archive member or answer of a service.

    Attributes:
        source: Ref of the source.
        contract: Ref of the contract it feeds.
        name: Path below the data folder, or the address asked.
        digest: SHA-256 of the bytes as they came and of how they were read; the same twice is the same delivery.
        size_bytes: Bytes as they came.
        parts: Reads the parts of at most so many rows, anew at every call.
        refused: Why the delivery as a whole cannot be read; then it has no parts.
        unused: Columns of the file that the source does not use.

    """

    source: str
    contract: str
    name: str
    digest: str
    size_bytes: int
    parts: Callable[[int], Iterator[Part]]
    refused: BatchRefused | None = None
    unused: tuple[str, ...] = ()

    def key(self, part: int) -> str:
        """Name one part so that it is admitted once however often it comes.

        Args:
            part: Number of the part, from 1.

        """
        return f"{self.digest}/{part}"
