"""Systems and platforms (系统与平台), and sources: how files and services become rows (Hangzhou art. 9)."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from citybrain.city.expression import Expression
from citybrain.city.names import (
    ContractRef,
    DepartmentRef,
    DivisionCode,
    Duration,
    FieldName,
    Name,
    Noun,
    Provenance,
    SystemRef,
)


class System(Noun):
    """A department's system; an unregistered system gets no credentials.

    Attributes:
        name: What people call it.
        vendor: Who made it.
        environment: production, trial or demo.
        status: Only a running system may deliver; a retired one loses its keys.
        heartbeat_within: How long it may be silent.
        system: ``<department>/<name>``.
        owner: Who answers for it.
        provides: Contracts it may deliver; nothing else is admitted from its keys.
        protection_level: Level of the national classified protection scheme (等保), 1 to 5.
        division: Code of the division it serves; else that of its owner.
        simulated: True for a simulator; it says so wherever it is shown.

    """

    system: Annotated[str, Field(pattern=r"^[a-z0-9-]+/[a-z0-9_-]+$")]
    name: Name
    owner: DepartmentRef
    vendor: str | None = None
    environment: Literal["production", "trial", "demo"] = "production"
    status: Literal["planned", "running", "maintenance", "retired"] = "running"
    protection_level: Annotated[int, Field(ge=1, le=5)] | None = None
    provides: tuple[ContractRef, ...] = ()
    simulated: bool = False
    heartbeat_within: Duration | None = None
    division: DivisionCode | None = None

    @property
    def ref(self) -> str:
        """The name other files use."""
        return f"system:{self.system}"


class Unpivot(Noun):
    """Wide to long: one column per object becomes one row per object and reading.

    Attributes:
        keep: Columns repeated on each row.
        name_to: New column that gets the old column's heading.
        value_to: New column that gets the cell.
        drop_missing: Whether an empty cell makes no row (no reading is not a reading of nothing).

    """

    keep: tuple[str, ...]
    name_to: FieldName
    value_to: FieldName
    drop_missing: bool = True


class FilesFrom(Noun):
    """Files of one pattern in a folder.

    Attributes:
        connector: ``files``.
        format: Format of the file.
        path: Pattern below the folder; ``*`` and ``**`` as in a shell. ``.gz`` is unpacked; ``x.zip!inner.csv`` names a
            member of an archive.
        encoding: Declared, never guessed: utf-8, utf-8-sig, gbk, gb18030, utf-16 …
        header: ``first`` line names the columns, or ``none`` and ``columns`` does.
        columns: Column names in order, when the file has no header.
        delimiter: Between the cells.
        rename: New names for repeated or empty headings, by position starting at 1.
        skip_lines: Lines before the header that are no rows.
        file_part: Pattern with one group that takes a date or name out of the path into the column ``file_part``.
        records: Path of the list inside a JSON document, such as ``data.items``.
        folder: Where the pattern starts: the folder of real city data, the geography fetched at set-up, or the folder
            of the city itself.

    """

    connector: Literal["files"]
    path: str
    format: Literal["csv", "ndjson", "json", "parquet", "arrow"] = "csv"
    encoding: str = "utf-8"
    header: Literal["first", "none"] = "first"
    columns: tuple[str, ...] = ()
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    rename: dict[int, str] = {}
    skip_lines: Annotated[int, Field(ge=0)] = 0
    file_part: str | None = None
    records: str | None = None
    folder: Literal["data", "geography", "city"] = "data"


class HttpFrom(Noun):
    """A service that is asked at an interval.

    Attributes:
        connector: ``http``.
        format: Format of the answer.
        encoding: Encoding of the answer.
        timeout: How long an answer may take.
        headers: Headers sent; ``env:NAME`` takes the value from the worker's environment.
        url: Address; ``{cursor}`` stands for the last value of ``cursor`` seen.
        every: Interval between two questions.
        records: Path of the list inside a JSON answer, such as ``data.items``.
        cursor: Column whose largest value is asked from next time.

    """

    connector: Literal["http"]
    url: str
    every: Duration
    format: Literal["csv", "ndjson", "json", "parquet", "arrow"] = "json"
    encoding: str = "utf-8"
    records: str | None = None
    cursor: str | None = None
    timeout: Duration = Field(default="10s", validate_default=True)
    headers: dict[str, str] = {}


class Shift(Noun):
    """Moves the past to the present for a demonstration, by whole weeks so that weekdays stay.

    Attributes:
        first_day: Day in the file that is played on the same weekday of the week of the start.
        columns: Row columns that hold instants or days to move.
        days: Days from ``first_day`` that are played, then played again; whole weeks.
        history: How far back the first delivery of a replay reaches.

    """

    first_day: date
    columns: Annotated[tuple[FieldName, ...], Field(min_length=1)]
    days: Annotated[int, Field(ge=7, multiple_of=7)] = 7
    history: Duration = Field(default="8d", validate_default=True)


class Source(Noun):
    """How a department's file or service becomes rows of a contract.

    Attributes:
        from: Where the rows come from: files, or a service asked over HTTP.
        unpivot: Wide to long, before the rows are mapped.
        tables: Tables for ``look_up``.
        replay: Plays the past as if it happened now.
        provenance: Where the rows come from, when it differs from the contract's.
        source: ``<department>/<name>``.
        feeds: The contract.
        system: Which registered system delivers.
        zone: Time zone of times without an offset.
        missing: Texts that mean "no value" in this file.
        rows: Contract field to expression over the raw text columns; empty takes columns of the same name.
        only: Raw rows that are meant for this contract; the others belong to another source.

    """

    source: Annotated[str, Field(pattern=r"^[a-z0-9-]+/[a-z0-9_-]+$")]
    feeds: ContractRef
    system: SystemRef | None = None
    from_: Annotated[FilesFrom | HttpFrom, Field(alias="from", discriminator="connector")]
    zone: str | None = None
    missing: tuple[str, ...] = ("",)
    unpivot: Unpivot | None = None
    only: Expression | None = None
    tables: dict[str, dict[str, str]] = {}
    rows: dict[FieldName, Expression] = {}
    replay: Shift | None = None
    provenance: Provenance | None = None

    @property
    def ref(self) -> str:
        """The name other files use."""
        return f"source:{self.source}"
