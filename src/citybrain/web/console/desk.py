"""What a page of the console is made from: who looks, at which contracts, what may be read (Hangzhou art. 13, 15)."""

from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from citybrain.city.contract import Contract, Field
from citybrain.city.names import Provenance as Declared
from citybrain.city.whole import City
from citybrain.cockpits.figures_view import Provenance
from citybrain.hub import quarantine
from citybrain.hub.provenance import provenance_now
from citybrain.kernel.errors import AccessRefused, NotKnown
from citybrain.kernel.messages import Language, say
from citybrain.kernel.postgres import Connection
from citybrain.safeguards import classification
from citybrain.web.console_view import RailGroup, RailLink
from citybrain.web.frames import Asked, instance_of, reading_language
from citybrain.web.parts_view import Pager
from citybrain.web.sessions import Visit, may_open_contract, viewer_in

SENSITIVE = 3
HIDDEN = "•••"
PERIOD_DAYS = 7


@dataclass(frozen=True, slots=True)
class Desk:
    """What one page is made from.

    Attributes:
        contracts: The contracts this person may look at, by Ref; others do not exist for this page.
        provenances: Where their newest rows come from, by Ref.
        now: Present instant.

    """

    connection: Connection
    city: City
    visit: Visit
    contracts: Mapping[str, Contract]
    provenances: Mapping[str, Declared]
    now: datetime
    language: Language

    def words(self, key: str, /, **params: object) -> str:
        """Say a sentence of the console."""
        return say(f"console.{key}", self.language, **params)

    @property
    def since(self) -> datetime:
        """Where the period that is counted begins."""
        return self.now - timedelta(days=PERIOD_DAYS)

    @property
    def runs_the_hub(self) -> bool:
        """Whether this person operates the hub."""
        return "operate_hub" in self.visit.viewer.may

    def contract(self, ref: str) -> Contract:
        """Return a contract this person may look at.

        Raises:
            NotKnown: There is none, or it is another department's; the two are not told apart.

        """
        found = self.contracts.get(ref)
        if found is None:
            raise NotKnown("console.contract_absent", contract=ref)
        return found

    def provides(self, contract: Contract) -> bool:
        """Tell whether this person's own department provides a contract."""
        return contract.provider == self.visit.viewer.department

    def hides(self, contract: Contract, field: Field | None) -> bool:
        """Tell whether values of a field are masked; without a field, those of a whole line that could not be read."""
        grade = field.grade if field is not None else contract.grade
        return grade >= SENSITIVE and not self.provides(contract)

    def provenance(self, contract: Contract) -> tuple[Provenance, ...]:
        """Say which word of provenance a contract carries now."""
        word = self.provenances.get(contract.ref, "own")
        return () if word == "own" else (word,)

    def stamp(self, moment: datetime | None) -> str:
        """Write an instant in the city's zone."""
        return f"{moment.astimezone(self.city.zone):%m-%d %H:%M}" if moment else ""


@contextmanager
def desk(request: Asked) -> Iterator[Desk]:
    """Open what a page is made from: one reading transaction, one revision, one instant.

    Args:
        request: The request.

    Yields:
        The desk.

    Raises:
        AccessRefused: The viewer's post neither operates the hub nor repairs rows.

    """
    instance = instance_of(request)
    visit = viewer_in(instance, request.cookies)
    contracts = contracts_of(visit)
    with instance.database.reading() as connection:
        words = provenance_now(connection, visit.city, list(contracts))
        yield Desk(connection, visit.city, visit, contracts, words, instance.clock.now(), reading_language(request))


@contextmanager
def desk_for_posts(request: Asked, may: Set[str], refused: str) -> Iterator[Desk]:
    """Open what a page is made from for every post that may do one of several things.

    Args:
        request: The request.
        may: What such a post may do.
        refused: Code of the error for other posts.

    Yields:
        The desk; without contracts where the post opens none.

    Raises:
        AccessRefused: The post may do none of it.

    """
    instance = instance_of(request)
    visit = viewer_in(instance, request.cookies)
    if not visit.viewer.may & may:
        raise AccessRefused(refused, post=visit.viewer.post)
    contracts = contracts_of(visit) if visit.viewer.may & {"operate_hub", "repair_rows"} else {}
    with instance.database.reading() as connection:
        yield Desk(connection, visit.city, visit, contracts, {}, instance.clock.now(), reading_language(request))


def contracts_of(visit: Visit) -> dict[str, Contract]:
    """Return the contracts somebody may look at: all for who operates the hub, one's own for who repairs rows.

    Args:
        visit: Who looks.

    Raises:
        AccessRefused: The post is for neither.

    Source:
        Hangzhou art. 15 (谁提供，谁负责).

    """
    viewer = visit.viewer
    if not viewer.may & {"operate_hub", "repair_rows"}:
        raise AccessRefused("console.closed_to_post", post=viewer.post)
    return {ref: item for ref, item in visit.city.contracts.items() if may_open_contract(viewer, item)}


def rail(looked: Desk, here: str) -> tuple[RailGroup, ...]:
    """Make the console's rail.

    Args:
        looked: The desk.
        here: Name of the page.

    """
    every = len(looked.contracts) == len(looked.city.contracts)
    counted = quarantine.counts(looked.connection, None if every else list(looked.contracts))
    waiting = sum(rows for (ref, state), rows in counted.items() if state == "open" and ref in looked.contracts)
    proposed = classification.counted(looked.connection, list(looked.contracts)).get("open", 0)

    def link(name: str, count: int | None = None, *, warn: bool = False) -> RailLink:
        return RailLink(looked.words(f"rail_{name}"), f"/console/{name}", count, name == here, "warn" if warn else None)

    groups = []
    if looked.visit.viewer.may & {"operate_hub", "repair_rows"}:
        groups = [
            RailGroup(
                looked.words("rail_data"),
                (
                    link("contracts", len(looked.contracts)),
                    link("quarantine", waiting, warn=waiting > 0),
                    link("classification", proposed, warn=proposed > 0),
                ),
            ),
            RailGroup(looked.words("rail_flow"), (link("batches"),)),
        ]
    groups.insert(0, RailGroup(looked.words("rail_find"), (link("catalog"), link("standards"))))
    if looked.visit.viewer.may & {"request_data", "grant_data", "operate_hub"}:
        shared = ("requests", "grants", "emergencies", "subscriptions", "exports", "statements", "usage", "services")
        groups.append(RailGroup(looked.words("rail_share"), tuple(link(name) for name in shared)))
    watch = [link("dissents"), link("quality")]
    if looked.visit.viewer.may & {"operate_hub", "repair_rows"}:
        watch.append(link("destructions"))
    if looked.visit.viewer.may & {"grant_data", "operate_hub"}:
        watch.append(link("bulk-reads"))
    if looked.runs_the_hub:
        watch.append(link("plan"))
    groups.append(RailGroup(looked.words("rail_watch"), tuple(watch)))
    return tuple(groups)


def page_number(request: Asked) -> int:
    """Read which page of a list is asked for; anything that is no number is the first.

    Args:
        request: The request.

    """
    text = request.query_params.get("page", "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 7 else 1


def address(path: str, **query: object) -> str:
    """Write an address; empty values are left out.

    Args:
        path: Path on this site.
        **query: Names and values.

    """
    kept = {name: value for name, value in query.items() if value not in {None, "", False}}
    return f"{path}?{urlencode(kept)}" if kept else path


def pager(path: str, page: int, size: int, shown: int, total: int, **query: object) -> Pager:
    """Tell where in a long list the reader is.

    Args:
        path: Address of the list.
        page: Which page, from 1.
        size: Lines on a page.
        shown: Lines on this one.
        total: Lines in all.
        **query: What else stands in the address.

    """
    first = (page - 1) * size
    return Pager(
        first + 1 if shown else 0,
        first + shown,
        total,
        address(path, **query, page=page - 1 if page > 2 else None) if page > 1 else "",
        address(path, **query, page=page + 1) if first + shown < total else "",
    )
