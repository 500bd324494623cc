"""The frame of every page, and the pages of the cockpit, the door and the error."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from citybrain.cockpits.view import Cockpit, Link, Provenance

Section = Literal["cockpit", "tasks", "scenario", "console", "law"]
SECTIONS: tuple[Section, ...] = ("cockpit", "tasks", "scenario", "console", "law")


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page.

    Attributes:
        city: Name of the City Brain in the page's language ("杭州城市大脑").
        now: When the page was made, in the city's zone.
        language_href: The same page in the other language.
        section: Which part of the house this is; None for the door and errors.
        sections: Parts this person may open.
        person: Name of the person, empty when nobody is signed in.
        post: Post the person acts in.
        department: Department of the post.
        demo: Persons are demo personas; the frame says so.
        csrf: Token every form carries.
        open_tasks: Tasks waiting for this person.
        legend: Provenance words used on the page, explained in the footer.
        data_until: Up to when data is published ("18:30").
        wall_href: The same page on a wall; empty where there is none.
        desk_href: The same page on a desk, when this is the wall.

    """

    city: str
    now: datetime
    language_href: str
    section: Section | None = None
    sections: tuple[Section, ...] = SECTIONS
    person: str = ""
    post: str = ""
    department: str = ""
    demo: bool = False
    csrf: str = ""
    open_tasks: int = 0
    legend: tuple[Provenance, ...] = ()
    data_until: str = ""
    wall_href: str = ""
    desk_href: str = ""


@dataclass(frozen=True, slots=True)
class CockpitPage:
    """A cockpit on wall, desk or phone.

    Attributes:
        frame: What stands around the page.
        cockpit: What the post sees.
        viewer: Tells apart who reads the stream in one browser; changes with the session, never a secret.

    """

    frame: Frame
    cockpit: Cockpit
    viewer: str = ""


@dataclass(frozen=True, slots=True)
class Persona:
    """A person one can be in the demo.

    Attributes:
        id: Sent back when chosen.
        name: Name in the page's language.
        post: Post.
        department: Department.
        sees: What this person mainly does here, one line.

    """

    id: str
    name: str
    post: str
    department: str
    sees: str = ""


@dataclass(frozen=True, slots=True)
class LoginPage:
    """The door: choose a demo persona, or go to the identity provider.

    Attributes:
        frame: What stands around the page.
        personas: Demo personas; empty outside a demo.
        provider_href: Where the city's own identity provider starts; empty when there is none.
        next_path: Where to go afterwards, a path of this site.
        message: Why the reader is here ("登录已过期"), or empty.
        citizens: Made-up persons whom data is about; empty outside a demo.

    """

    frame: Frame
    personas: tuple[Persona, ...] = ()
    provider_href: str = ""
    next_path: str = "/"
    message: str = ""
    citizens: tuple[Persona, ...] = ()


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """An error as product.

    Attributes:
        frame: What stands around the page.
        status: HTTP status.
        code: Stable code, ``room.what``.
        title: What happened, in a few words.
        detail: What happened here, with the values.
        where: File and line, path, contract or row it is about.
        source: The article it rests on.
        source_href: Where the article can be read.
        next_steps: What the reader can do, in order.
        offline_channel: Where a person helps.
        trace_id: What to quote when asking.
        back: Where to go back to.

    """

    frame: Frame
    status: int
    code: str
    title: str
    detail: str = ""
    where: tuple[str, ...] = ()
    source: str = ""
    source_href: str = ""
    next_steps: tuple[str, ...] = ()
    offline_channel: str = ""
    trace_id: str = ""
    back: Link | None = None
