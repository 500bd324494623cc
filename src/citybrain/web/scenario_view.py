"""Application scenarios and their runs (Hangzhou art. 11, 12)."""

from dataclasses import dataclass
from typing import Literal

from citybrain.cockpits.view import Link, Provenance, State
from citybrain.web.parts_view import Change, Fact, Step
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class ScenarioLine:
    """One scenario in the list.

    Attributes:
        name: Name in the page's language.
        href: Its page.
        purpose: What it is for.
        department: Who leads it.
        open: Runs open now.
        closed: Runs closed.
        state: State of the scenario.
        provenance: Words for data that is not this city's own live data.
        word: Word of the state when it is not its own.

    """

    name: str
    href: str
    purpose: str
    department: str
    open: int = 0
    closed: int = 0
    state: State = "ok"
    provenance: tuple[Provenance, ...] = ()
    word: str = ""


@dataclass(frozen=True, slots=True)
class ScenariosPage:
    """All scenarios this person may open.

    Attributes:
        frame: What stands around the page.
        lines: One per scenario.

    """

    frame: Frame
    lines: tuple[ScenarioLine, ...]


@dataclass(frozen=True, slots=True)
class ProcessStep:
    """One step of a scenario's process, for the run shown.

    Attributes:
        name: What is done.
        who: Which department does it.
        stand: Done, being done, or to come.
        note: When it was done or how long is left.

    """

    name: str
    who: str = ""
    stand: Literal["done", "now", "next"] = "next"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a scenario.

    Attributes:
        number: Number people quote.
        title: What set it off.
        href: The scenario's page with this run shown.
        opened: When it began, as printed.
        closed: When it ended, as printed; empty while open.
        state: State of the run.
        word: Where it stands ("处置中", "已办结").
        step: The step it is at.
        before: The scenario's indicator when it began.
        after: The indicator at the end, or now.
        shown: This run is shown in full.

    """

    number: str
    title: str
    href: str
    opened: str
    closed: str = ""
    state: State = "none"
    word: str = ""
    step: str = ""
    before: float | None = None
    after: float | None = None
    shown: bool = False


@dataclass(frozen=True, slots=True)
class OfflineChannel:
    """Where the same thing is done without a computer (art. 12).

    Attributes:
        name: Counter or hotline.
        address: Where it is; empty for a hotline.
        hours: When it is open.
        phone: Number to call.

    """

    name: str
    address: str = ""
    hours: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class ScenarioPage:
    """One scenario.

    Attributes:
        frame: What stands around the page.
        ref: ``scenario:...``.
        name: Name in the page's language.
        purpose: What it is for, one or two sentences.
        crumbs: Where the reader is.
        provenance: Words for data that is not this city's own live data.
        open: Runs open now.
        closed: Runs closed.
        facts: Lead department, others, legal basis, time limits, version.
        steps: Steps of the run shown, or of the process when none is.
        history: What happened in the run shown.
        run_title: The run shown.
        indicator: Name and unit of the indicator of the runs ("进站人次倍数").
        decimals: Digits after the point of that indicator.
        changes: The scenario's indicators before and after.
        runs: Newest first.
        tasks: Tasks of the run shown.
        offline: Offline channels; a scenario has at least one.

    """

    frame: Frame
    ref: str
    name: str
    purpose: str
    crumbs: tuple[Link, ...] = ()
    provenance: tuple[Provenance, ...] = ()
    open: int = 0
    closed: int = 0
    facts: tuple[Fact, ...] = ()
    steps: tuple[ProcessStep, ...] = ()
    history: tuple[Step, ...] = ()
    run_title: str = ""
    indicator: str = ""
    decimals: int = 0
    changes: tuple[Change, ...] = ()
    runs: tuple[Run, ...] = ()
    tasks: tuple[Link, ...] = ()
    offline: tuple[OfflineChannel, ...] = ()
