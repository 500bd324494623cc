"""The city itself: its name, zone, laws, levels and who answers for the data (``city.yaml``)."""

from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from citybrain.city.findings import ValueWrong
from citybrain.city.names import ArticleRef, ContractRef, DepartmentRef, DivisionCode, Identifier, Level, Name, Noun


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a name like Asia is a folder
        raise ValueWrong("zone_unknown") from None
    return name


ZoneName = Annotated[str, AfterValidator(_known_zone)]


class CityName(Noun):
    """Who the city is.

    Attributes:
        id: Short name.
        name: What people call the city.
        zone: Time zone of the city, such as ``Asia/Shanghai``.
        code: Code of the city among the divisions, six digits.

    """

    id: Identifier
    name: Name
    zone: ZoneName
    code: Annotated[str, Field(pattern=r"^\d{6}$")]


class Divisions(Noun):
    """Where the list of districts and streets is kept: as data, with the history of its codes.

    Attributes:
        outline_code: Property of an outline that holds the division's code.
        outline_crs: Coordinate system of the outlines.
        inset: Divisions drawn again, larger, in an inset.
        contract: Contract of the divisions.
        as_of: Release that is shown now.
        outlines: File of GeoJSON outlines below the data folder; without it cells are drawn and say 示意边界.

    """

    contract: ContractRef
    as_of: date
    outlines: str | None = None
    outline_code: str = "adcode"
    outline_crs: Literal["CGCS2000", "WGS84", "GCJ02"] = "GCJ02"
    inset: tuple[str, ...] = ()


WorkingDays = Annotated[int, Field(ge=1, le=366)]


class Clocks(Noun):
    """Set periods of the city, all in working days; a city that says nothing has these (Nanjing art. 11).

    Attributes:
        sharing_check: Compliance check of a request for data.
        sharing_reply: Reply of a provider whose data is on the platform.
        sharing_publish: Publishing data that is not there yet, and reply.
        sharing_approve: Higher approval of a grant on important data.
        dissent: Verifying a dissent and answering it.
        dissent_reaction: Reaction of the raiser to an answer; without one the dissent lapses.
        person_request: Answer to a person who asks for deletion or an explanation.
        emergency_review: Review after an emergency in which data was granted provisionally.
        emergency_deletion: Report of a body that received rows in an emergency on the deletion of its copies.

    """

    sharing_check: WorkingDays = 2
    sharing_reply: WorkingDays = 5
    sharing_publish: WorkingDays = 10
    sharing_approve: WorkingDays = 3
    dissent: WorkingDays = 10
    dissent_reaction: WorkingDays = 10
    person_request: WorkingDays = 15
    emergency_review: WorkingDays = 10
    emergency_deletion: WorkingDays = 5


CalendarDays = Annotated[int, Field(ge=1, le=3660)]


class Periods(Noun):
    """Periods of the city in calendar days; a city that says nothing has these.

    Attributes:
        exports_kept: How long a file of exported rows is kept.
        effect_report: After how long who uses data reports what it was good for.

    """

    exports_kept: CalendarDays = 7
    effect_report: CalendarDays = 182


class BulkReads(Noun):
    """From when on reading under a grant is unusually much, so that somebody looks into it (Hangzhou art. 13).

    Attributes:
        rows_per_hour, rows_per_day: Rows under one grant.
        persons_per_day: Persons whose rows leave under one grant on a day.
        times_usual: Times the grant's own usual day, from three days of use on.
        least_rows: Fewer rows a day are never more than usual.

    """

    rows_per_hour: Annotated[int, Field(ge=1)] = 1_000_000
    rows_per_day: Annotated[int, Field(ge=1)] = 5_000_000
    persons_per_day: Annotated[int, Field(ge=1)] = 10_000
    times_usual: Annotated[int, Field(ge=2)] = 10
    least_rows: Annotated[int, Field(ge=1)] = 10_000


class Citizen(Noun):
    """A person whom data is about, made up for the demonstration; real ones come through the city's log-in.

    Attributes:
        person: Short name.
        name: What people call them.
        subject: What names the person in the rows of contracts that have a ``subject``.
        minor: Whether a guardian acts for the person.
        guardian: Name of the guardian; a minor has one.
        demo: Always true; it is written so that nobody takes the person for a real one.

    """

    person: Identifier
    name: Name
    subject: Annotated[str, Field(min_length=1, max_length=64)]
    minor: bool = False
    guardian: Name | None = None
    demo: Literal[True]


class CitySettings(Noun):
    """The first file of a city folder.

    Attributes:
        clocks: Set periods in working days.
        periods: Periods in calendar days.
        city: Who the city is.
        laws: Law packs that hold here.
        divisions: Where the list of districts and streets is.
        levels: Levels of the city's administration.
        data_authority: Department that answers for the data.
        calendar: Working days; ``cn`` knows holidays and make-up days.
        purposes: Purposes that contracts and grants may name.
        outbound_purposes: Those of them that take data out of the country (数据出境); they need an assessment.
        bulk_reads: From when on reading is unusually much.
        peers: Divisions outside of the city that are connected to it as federation peers, by code.
        citizens: Made-up persons whom data is about, for the demonstration.
        home_cockpit: Cockpit shown first to whoever may see it.

    """

    city: CityName
    laws: tuple[ArticleRef, ...] = ()
    divisions: Divisions | None = None
    levels: tuple[Level, ...] = ("city", "district", "street")
    data_authority: DepartmentRef
    calendar: Literal["cn"] = "cn"
    purposes: dict[Identifier, Name] = {}
    outbound_purposes: tuple[Identifier, ...] = ()
    home_cockpit: Identifier | None = None
    clocks: Clocks = Clocks()
    bulk_reads: BulkReads = BulkReads()
    peers: dict[DivisionCode, Name] = {}
    periods: Periods = Periods()
    citizens: tuple[Citizen, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The city's zone."""
        return ZoneInfo(self.city.zone)
