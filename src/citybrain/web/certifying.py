"""A certificate of destruction in words, the same for an official and for the person it is about."""

from citybrain.blueprint import backup_keys
from citybrain.city.whole import City
from citybrain.cockpits.view import Link, State
from citybrain.hub import deletion_notices as notices
from citybrain.hub.deletion_notices import Notice
from citybrain.hub.destruction.certificate import PLACES, Certificate
from citybrain.kernel.messages import Language, say
from citybrain.kernel.postgres import Connection
from citybrain.web.console_view import RailGroup
from citybrain.web.destructions_view import CertificatePage, ReceiverLine
from citybrain.web.naming import department_name
from citybrain.web.parts_view import Fact
from citybrain.web.views import Frame

TOKEN_CHARACTERS = 16
BATCHES_SHOWN = 3


def certificate_page(
    connection: Connection, city: City, made: Certificate, language: Language, frame: Frame,
    rail: tuple[RailGroup, ...] = (), crumbs: tuple[Link, ...] = (),
) -> CertificatePage:  # fmt: skip
    """Make the page of a certificate.

    Args:
        connection: A reading transaction.
        city: The revision in force.
        made: The certificate.
        language: Of the reader.
        frame: What stands around the page.
        rail: The console's rail, where there is one.
        crumbs: Where the reader is.

    """
    kept = backup_keys.before(connection, made.at)
    stamp = f"{made.at.astimezone(city.zone):%Y-%m-%d %H:%M:%S}"
    facts = [
        Fact(say("web.destruction_what", language), name_of(city, made.contract, language)),
        Fact(say("web.destruction_kind", language), say(f"destruction.kind_{made.kind}", language)),
        Fact(say("web.destruction_scope", language), scope_of(city, made, language)),
        Fact(say("web.destruction_reason", language), made.reason),
        Fact(say("web.destruction_by", language), person_of(city, made.decided_by, language)),
        Fact(say("web.destruction_at", language), stamp),
    ]
    if made.again:
        facts.append(Fact(say("web.destruction_note", language), say("destruction.again", language)))
    digests = (
        Fact(say("web.destruction_before", language), made.before_sha256.hex(), code=True),
        Fact(say("web.destruction_after", language), made.after_sha256.hex(), code=True),
        Fact(say("web.destruction_evidence", language), str(made.evidence), code=True),
    )
    places = [(say(f"destruction.place_{name}", language), made.places.get(name, 0)) for name in PLACES]
    backups, state = _backups(city, kept, language)
    word = say(f"web.destruction_keys_{state}", language)
    told = notices.of_destruction(connection, made.id)
    return CertificatePage(
        frame, rail, crumbs, made.number, tuple(facts), tuple(places), backups, state, word,
        tuple(_receiver(city, item, language) for item in told), digests,
    )  # fmt: skip


def name_of(city: City, ref: str, language: Language) -> str:
    """Say what a contract is called.

    Args:
        city: The revision in force.
        ref: Ref.
        language: Of the reader.

    """
    contract = city.contracts.get(ref)
    return contract.name.said(language) if contract else ref


def person_of(city: City, person: str, language: Language) -> str:
    """Say what somebody of the administration is called.

    Args:
        city: The revision in force.
        person: Short name.
        language: Of the reader.

    """
    found = next((item for item, _, _ in city.people() if item.person == person), None)
    return found.name.said(language) if found else person


def scope_of(city: City, made: Certificate, language: Language) -> str:
    """Say what went; a person by token alone.

    Args:
        city: For its zone.
        made: The certificate.
        language: Of the reader.

    """
    if made.subject is not None:
        return say("destruction.scope_person", language, token=made.subject.hex()[:TOKEN_CHARACTERS])
    if made.arrived_before is not None:
        return say("destruction.scope_retention", language, at=f"{made.arrived_before.astimezone(city.zone):%Y-%m-%d}")
    batches = made.batches or ()
    more = " …" if len(batches) > BATCHES_SHOWN else ""
    shown = " ".join(str(item) for item in batches[:BATCHES_SHOWN])
    return say("destruction.scope_batch", language, batches=shown + more)


def _backups(city: City, kept: backup_keys.Before, language: Language) -> tuple[str, State]:
    if not kept.made:
        return say("destruction.backups_none", language), "none"
    if kept.erased < kept.made:
        left = kept.made - kept.erased
        return say("destruction.backups_sealed", language, made=kept.made, left=left), "todo"
    at = f"{kept.erased_at.astimezone(city.zone):%Y-%m-%d %H:%M}" if kept.erased_at else ""
    return say("destruction.backups_erased", language, made=kept.made, at=at), "ok"


def _receiver(city: City, notice: Notice, language: Language) -> ReceiverLine:
    step = "confirmed" if notice.confirmed_at else "told" if notice.told_at else "waiting"
    states: dict[str, State] = {"confirmed": "ok", "told": "todo", "waiting": "warn"}
    return ReceiverLine(
        notice.system, department_name(city, notice.department, language), states[step],
        say(f"destruction.notice_{step}", language), notice.words or "",
    )  # fmt: skip
