"""Pages of subscriptions: all of them with what waits, and one with what can be done (Hangzhou art. 8)."""

from dataclasses import dataclass

from citybrain.cockpits.view import Link, State
from citybrain.web.console_view import RailGroup
from citybrain.web.parts_view import Fact, FieldError, Pager
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class SubscriptionLine:
    """One subscription.

    Attributes:
        contract: Name of the data.
        who: Body and system that gets the rows.
        way: How, in words.
        state, word: How it stands.
        why: What went wrong last, in words; empty while all is well.
        waits: Rows that wait, as printed.
        delivered: Rows taken so far.
        last: When rows were taken last, as printed; empty before that.
        next: When it is tried again, as printed; empty where it is not.

    """

    href: str
    contract: str
    who: str
    way: str
    state: State
    word: str
    waits: str
    delivered: int
    last: str = ""
    failures: int = 0
    next: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class SubscriptionsPage:
    """The subscriptions this person may see.

    Attributes:
        roles: Whose are shown; one is current.
        kinds: Which are shown, with counts; one is current.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    roles: tuple[Link, ...]
    kinds: tuple[Link, ...]
    lines: tuple[SubscriptionLine, ...]
    pager: Pager


@dataclass(frozen=True, slots=True)
class SubscriptionPage:
    """One subscription.

    Attributes:
        id: Its id.
        may_pause, may_resume, may_replay: What this person can do now.
        earliest, latest: Bounds of the day from which rows can come again.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    crumbs: tuple[Link, ...]
    id: str
    name: str
    state: State
    word: str
    facts: tuple[Fact, ...]
    may_pause: bool = False
    may_resume: bool = False
    may_replay: bool = False
    day: str = ""
    earliest: str = ""
    latest: str = ""
    errors: tuple[FieldError, ...] = ()
