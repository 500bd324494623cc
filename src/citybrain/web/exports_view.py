"""Pages of file exports: the files there are, and the form that asks for one (Hangzhou art. 8, 13)."""

from dataclasses import dataclass

from citybrain.cockpits.view import Link, State
from citybrain.web.console_view import RailGroup
from citybrain.web.parts_view import FieldError, Option, Pager
from citybrain.web.sharing_view import FieldChoice
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class ExportLine:
    """One file.

    Attributes:
        id: Short id as printed.
        contract: Name of the data.
        grant: The grant it rests on.
        who: Body and person or system it is for.
        form: Its format, in words.
        state, word: How it stands.
        why: What went wrong or why it ended, in words; empty while all is well.
        rows, size: As printed; empty before it is made.
        kept: Until when it is kept, as printed.
        fetched: How often it was fetched.
        file_href: The file; empty where this person may not fetch it, or there is none.
        end_href: Where it is deleted by POST; empty where this person may not.
        sha256: Beginning of the digest, as printed.

    """

    id: str
    contract: str
    grant: Link
    who: str
    form: str
    state: State
    word: str
    asked: str
    why: str = ""
    rows: str = ""
    size: str = ""
    kept: str = ""
    fetched: int = 0
    file_href: str = ""
    end_href: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class ExportsPage:
    """The files this person's department asked for, and those of its own data."""

    frame: Frame
    rail: tuple[RailGroup, ...]
    filters: tuple[Link, ...]
    lines: tuple[ExportLine, ...]
    pager: Pager


@dataclass(frozen=True, slots=True)
class ExportForm:
    """The form that asks for a file.

    Attributes:
        grant: Short name of the grant.
        contract: Name of the data.
        purpose: In words.
        fields: Fields of the grant, with how they leave.
        systems: Systems of the department it can be for; without one nothing can be asked for.
        since, until: Days as typed.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    crumbs: tuple[Link, ...]
    grant: str
    contract: str
    purpose: str
    fields: tuple[FieldChoice, ...]
    systems: tuple[Option, ...]
    forms: tuple[Option, ...]
    views: tuple[Option, ...]
    since: str = ""
    until: str = ""
    errors: tuple[FieldError, ...] = ()
