"""The page of lineage: one entry in the middle, some steps each way, as a drawing and as a list."""

from dataclasses import dataclass

from citybrain.cockpits.view import Link
from citybrain.web.console_view import RailGroup
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class LineageBox:
    """A node of the drawing.

    Attributes:
        kind: What it is, in words.
        name: Its name, as far as it fits.
        full: Its whole name.
        href: Its entry.
        here: It is the one in the middle.
        x, y: Left upper corner.

    """

    kind: str
    name: str
    full: str
    href: str
    here: bool
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class LineageLine:
    """A line of the list.

    Attributes:
        side: Where it stands: "上游 2 层", "本项", "下游 1 层".
        rests_on: Names of what it rests on among those listed.
        centre_href: The same page with it in the middle; empty for the one that is.

    """

    side: str
    kind: str
    name: str
    href: str
    department: str
    rests_on: str
    centre_href: str = ""


@dataclass(frozen=True, slots=True)
class LineagePage:
    """The lineage of one entry.

    Attributes:
        depths: How many steps are shown; one is current.
        summary: The result in one sentence.
        width, height: Of the drawing.
        left_out: What is there and not drawn, with where it can be seen.
        withheld: The entry is not shared, so nothing around it is shown.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    crumbs: tuple[Link, ...]
    name: str
    ref: str
    depths: tuple[Link, ...]
    summary: str
    width: float
    height: float
    boxes: tuple[LineageBox, ...]
    paths: tuple[str, ...]
    lines: tuple[LineageLine, ...]
    left_out: tuple[Link, ...] = ()
    withheld: bool = False
