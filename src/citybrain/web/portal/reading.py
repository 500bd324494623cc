"""What the page of a person says, in plain words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from citybrain.city.contract import Contract
from citybrain.city.settings import Citizen
from citybrain.city.whole import City
from citybrain.cockpits.figures_view import Provenance
from citybrain.hub import grants, subject_log
from citybrain.hub.exchange.reading import Reader
from citybrain.hub.grants import HeldGrant
from citybrain.hub.provenance import provenance_now
from citybrain.hub.subject_log import SubjectUse
from citybrain.kernel.messages import Language, say
from citybrain.kernel.postgres import Connection
from citybrain.safeguards import consent
from citybrain.safeguards.consent import Consent
from citybrain.web.naming import article_name, department_name
from citybrain.web.parts_view import Fact
from citybrain.web.portal_view import Choice, ChoicePart, HoldingLine, ReceiptLine, UseLine

MOST_GRANTS = 1_000


@dataclass(frozen=True, slots=True)
class Own:
    """One person and what is about that person.

    Attributes:
        token: How the house remembers the person.

    """

    connection: Connection
    city: City
    citizen: Citizen
    token: bytes
    reader: Reader
    language: Language

    def words(self, key: str, /, **params: object) -> str:
        """Say a sentence of these pages."""
        return say(f"portal.{key}", self.language, **params)

    def stamp(self, moment: datetime | None) -> str:
        """Write an instant in the city's zone, with its year."""
        return f"{moment.astimezone(self.city.zone):%Y-%m-%d %H:%M}" if moment else ""

    def contract(self, ref: str) -> str:
        """Say what a contract is called."""
        known = self.city.contracts.get(ref)
        return known.name.said(self.language) if known else ref

    def body(self, ref: str | None) -> str:
        """Say what a body is called."""
        return department_name(self.city, ref, self.language) if ref else self.words("every_body")

    def purpose(self, name: str) -> str:
        """Say what a purpose is called."""
        known = self.city.settings.purposes.get(name)
        return known.said(self.language) if known else name

    def fields(self, ref: str, names: Sequence[str]) -> str:
        """Say what fields are called."""
        contract = self.city.contracts.get(ref)
        titles = {field.name: field.title.said(self.language) for field in contract.fields} if contract else {}
        return self.words("comma").join(titles.get(name, name) for name in names)

    def basis(self, basis: Mapping[str, Any]) -> str:
        """Say on which law something rests, and its words."""
        text = basis.get("text") or {}
        said = text.get(self.language) or text.get("zh") or ""
        law = article_name(str(basis.get("law", "")), self.language)
        return self.words("basis", law=law, text=said) if said else law


def count(own: Own) -> int:
    """Return how often rows of the person were used."""
    return subject_log.count_uses(own.connection, own.token)


def provenances(own: Own) -> tuple[Provenance, ...]:
    """Say which words of provenance the page carries."""
    refs = [ref for ref, contract in own.city.contracts.items() if contract.subject is not None]
    words = {word for word in provenance_now(own.connection, own.city, refs).values() if word != "own"}
    return tuple(sorted(words))


def open_uses(own: Own) -> Iterator[tuple[Contract, HeldGrant]]:
    """Yield the uses that rest on consent: contracts that ask for it, with the grants that are open on them."""
    asking = [ref for ref, contract in own.city.contracts.items() if contract.consent]
    if not asking:
        return
    for held in grants.listed(own.connection, things=asking, open_only=True, limit=MOST_GRANTS):
        yield own.city.contracts[held.thing], held


def choices(own: Own) -> Iterator[Choice]:
    """Yield what the person may agree to, each use with its parts."""
    given = [item for item in consent.of_subject(own.connection, own.token) if item.open]
    for contract, held in open_uses(own):
        facts = (
            Fact(own.words("purpose"), own.purpose(held.purpose)),
            Fact(own.words("basis_head"), own.basis(held.basis)),
            Fact(own.words("provider"), own.body(contract.provider)),
            Fact(own.words("until"), f"{held.ends_at.astimezone(own.city.zone):%Y-%m-%d}"),
        )
        plain, delicate = consent.parts(contract, held.fields)
        parts = [
            _part(own, contract, held, given, fields, sensitive=sensitive)
            for fields, sensitive in ((plain, False), (delicate, True))
            if fields
        ]
        yield Choice(
            held.name, contract.name.said(own.language), own.body(held.department), facts, tuple(parts)
        )  # fmt: skip


def _part(
    own: Own, contract: Contract, held: HeldGrant, given: Sequence[Consent], fields: tuple[str, ...], *,
    sensitive: bool,
) -> ChoicePart:  # fmt: skip
    found = next(
        (
            item for item in given
            if (item.contract, item.purpose, item.sensitive) == (contract.ref, held.purpose, sensitive)
            and item.department in {None, held.department} and set(item.fields) >= set(fields)
        ),
        None,
    )  # fmt: skip
    word = own.words("agreed" if found else "not_agreed")
    number, since = (found.number, own.stamp(found.given_at)) if found else ("", "")
    return ChoicePart(own.fields(contract.ref, fields), sensitive, "ok" if found else "none", word, number, since)


def receipts(own: Own) -> Iterator[ReceiptLine]:
    """Yield the person's receipts, the newest first."""
    for item in consent.of_subject(own.connection, own.token):
        what = own.words("what", contract=own.contract(item.contract), purpose=own.purpose(item.purpose))
        by = own.words("by_guardian", guardian=item.guardian) if item.guardian else own.words("by_self")
        yield ReceiptLine(
            item.number, f"/portal/my-data/consents/{item.number}", what, own.body(item.department),
            own.fields(item.contract, item.fields), by, own.stamp(item.given_at), own.stamp(item.withdrawn_at),
        )  # fmt: skip


def uses(own: Own, limit: int, offset: int) -> Iterator[UseLine]:
    """Yield who used the person's rows, the newest first."""
    for use in subject_log.uses_of(own.connection, own.token, limit=limit, offset=offset):
        yield _use(own, use)


def _use(own: Own, use: SubjectUse) -> UseLine:
    looked = use.channel == "inspection"
    return UseLine(
        own.stamp(use.at),
        own.body(own.city.settings.data_authority if looked else use.department),
        own.words("purpose_operator") if looked else own.purpose(use.purpose),
        own.words("basis_operator") if looked else own.basis(use.basis),
        own.contract(use.thing),
        own.fields(use.thing, use.fields),
        own.words("inspection") if looked else say(f"sharing.channel_{use.channel}", own.language),
        use.grant,
        "" if looked else f"/portal/my-data/uses/{use.id}",
    )


def holdings(own: Own) -> Iterator[HoldingLine]:
    """Yield the contracts whose rows are about persons, and how many rows are about this one."""
    for item in subject_log.holdings(own.connection, own.city, own.reader, own.citizen.subject):
        contract = item.contract
        department = own.city.departments.get(contract.provider)
        numbers = [
            indicator.name.said(own.language)
            for indicator in own.city.indicators.values()
            if contract.ref in own.city.contracts_read_by(indicator)
        ]
        kept = own.words("days", days=contract.retention.days) if contract.retention else own.words("kept_unsaid")
        yield HoldingLine(
            contract.name.said(own.language), own.body(contract.provider),
            (department.phone if department else None) or "12345", item.rows,
            own.words("semicolon").join(own.basis(basis.model_dump(mode="json")) for basis in contract.basis),
            "" if contract.consent else own.words("duty"), own.words("comma").join(numbers), kept,
            f"/portal/my-data/rows/{contract.department}/{contract.resource}" if item.rows else "",
            contract.ref,
        )  # fmt: skip
