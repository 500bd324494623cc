"""Consent (同意): what a person agreed to, with a receipt, and withdrawn as easily as it was given.

A consent is to the use of named fields of one contract for one purpose, by one body or by every body that holds a
grant. Fields of grade 3 and 4 need a separate consent. A use that rests on a statutory duty asks for no consent, and
none can be withdrawn. The person is known here by a token alone.

Source: Hangzhou art. 13 (知情权、选择权).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, LiteralString

from citybrain.city.contract import Contract
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import AccessRefused, Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

SENSITIVE: Final = 3


@dataclass(frozen=True, slots=True)
class Use:
    """A use somebody may agree to.

    Attributes:
        purpose: One of the contract's purposes.
        department: Ref of the body; none means every body that holds a grant.
        fields: Names of the fields, all of grade 1 and 2 or, for a separate consent, all of grade 3 and 4.
        sensitive: Whether this is the separate consent.

    """

    purpose: str
    department: str | None
    fields: tuple[str, ...]
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent as it stands.

    Attributes:
        number: Number of the receipt.
        version: Version of the contract the person agreed to.
        guardian: Who agreed for a minor.

    """

    number: str
    contract: str
    version: str
    purpose: str
    department: str | None
    sensitive: bool
    fields: tuple[str, ...]
    guardian: str | None
    given_at: datetime
    withdrawn_at: datetime | None

    @property
    def open(self) -> bool:
        """Whether it still holds."""
        return self.withdrawn_at is None


def parts(contract: Contract, fields: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Divide fields by the consent they need.

    Args:
        contract: The contract.
        fields: Names of fields of it.

    Returns:
        Fields of grade 1 and 2, and those of grade 3 and 4, which need a separate consent.

    """
    plain = tuple(name for name in fields if contract.field(name).grade < SENSITIVE)
    return plain, tuple(name for name in fields if name not in plain)


def give(
    connection: Connection, contract: Contract, use: Use, subject: bytes, clock: Clock, new_id: NewId, *,
    minor: bool = False, guardian: str | None = None,
) -> Consent:  # fmt: skip
    """Record that a person agrees to a use.

    Args:
        connection: The command's transaction.
        contract: The contract in force.
        use: What the person agrees to.
        subject: Token of the person.
        clock: Present instant.
        new_id: Source of identifiers.
        minor: Whether the person is a minor.
        guardian: Name of who agrees for a minor.

    Returns:
        The consent; the open one where the person had agreed to the same before.

    Raises:
        AccessRefused: The use rests on a statutory duty and asks for no consent.
        WrongUse: The purpose or the fields are not the contract's, or nobody agrees for a minor.

    Source:
        Hangzhou art. 13 (选择权).

    """
    _check(contract, use, minor=minor, guardian=guardian)
    sql, at, consent = _sql(), clock.now(), new_id()
    connection.execute(sql["lock"], {"subject": subject})
    about = {
        "subject": subject, "contract": contract.ref, "purpose": use.purpose, "department": use.department,
        "sensitive": use.sensitive,
    }  # fmt: skip
    found = connection.execute(sql["open_one"], about).fetchone()
    if found is not None and set(found[6]) >= set(use.fields) and found[2] == contract.version:
        return _read(found)
    if found is not None:
        withdraw(connection, found[0], subject, clock, new_id)
    number = f"TY{at:%Y%m%d}-{consent.hex[-10:].upper()}"
    facts = {
        "receipt": number, "person": subject.hex(), "contract": contract.ref, "version": contract.version,
        "purpose": use.purpose, "department": use.department, "sensitive": use.sensitive, "fields": list(use.fields),
        "guardian": guardian is not None,
    }  # fmt: skip
    entry = evidence.write(connection, "safeguards:consent:given", number, facts, at, new_id)
    given = {
        **about, "id": consent, "number": number, "version": contract.version, "fields": list(use.fields),
        "guardian": guardian if minor else None, "at": at, "evidence": entry.id,
    }  # fmt: skip
    connection.execute(sql["insert"], given)
    return one(connection, number, subject)


def _check(contract: Contract, use: Use, *, minor: bool, guardian: str | None) -> None:
    if not contract.consent:
        raise AccessRefused("safeguards.consent_not_asked", contract=contract.ref)
    if use.purpose not in contract.purposes:
        raise WrongUse("safeguards.consent_purpose_wrong", purpose=use.purpose, contract=contract.ref)
    known = {field.name for field in contract.fields}
    if not use.fields or not known.issuperset(use.fields):
        raise WrongUse("safeguards.consent_fields_wrong", contract=contract.ref)
    plain, delicate = parts(contract, use.fields)
    if plain if use.sensitive else delicate:
        raise WrongUse("safeguards.consent_not_separate", contract=contract.ref)
    if minor and not (guardian and guardian.strip()):
        raise WrongUse("safeguards.guardian_missing")


def withdraw(connection: Connection, number: str, subject: bytes, clock: Clock, new_id: NewId) -> Consent:
    """Withdraw a consent: the next release leaves the person's rows out.

    Args:
        connection: The command's transaction.
        number: Number of the receipt.
        subject: Token of the person who withdraws.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        NotKnown: This person has no such receipt; another person's is not told apart.
        Conflicting: It was withdrawn before.

    Source:
        Hangzhou art. 13 (选择权).

    """
    connection.execute(_sql()["lock"], {"subject": subject})
    held = one(connection, number, subject)
    if not held.open:
        raise Conflicting("safeguards.consent_withdrawn", number=number)
    at = clock.now()
    facts = {"receipt": number, "person": subject.hex(), "contract": held.contract, "purpose": held.purpose}
    entry = evidence.write(connection, "safeguards:consent:withdrawn", number, facts, at, new_id)
    given = {"subject": subject, "number": number, "at": at, "evidence": entry.id}
    connection.execute(_sql()["withdraw"], given)
    return replace(held, withdrawn_at=at)


def of_subject(connection: Connection, subject: bytes) -> list[Consent]:
    """List the consents of a person, open and withdrawn, the newest first.

    Args:
        connection: Any transaction.
        subject: Token of the person.

    """
    return [_read(row) for row in connection.execute(_sql()["of_subject"], {"subject": subject}).fetchall()]


def one(connection: Connection, number: str, subject: bytes) -> Consent:
    """Return a consent of a person.

    Args:
        connection: Any transaction.
        number: Number of the receipt.
        subject: Token of the person.

    Raises:
        NotKnown: This person has no such receipt.

    """
    for held in of_subject(connection, subject):
        if held.number == number:
            return held
    raise NotKnown("safeguards.consent_unknown", number=number)


def agreeing(
    connection: Connection, contract: Contract, purpose: str, department: str, fields: Sequence[str]
) -> frozenset[bytes]:
    """Return who agrees to a use at this instant.

    Args:
        connection: The transaction of the release.
        contract: The contract.
        purpose: What the rows are for.
        department: Ref of the body that uses them.
        fields: Fields that leave, masked or not.

    Returns:
        Tokens of the persons whose consent covers every one of the fields.

    Source:
        Hangzhou art. 13 (知情权、选择权).

    """
    plain, delicate = parts(contract, fields)
    given = {
        "contract": contract.ref, "purpose": purpose, "department": department, "plain": list(plain),
        "delicate": list(delicate),
    }  # fmt: skip
    return frozenset(bytes(row[0]) for row in connection.execute(_sql()["agreeing"], given).fetchall())


def _read(row: tuple[Any, ...]) -> Consent:
    return replace(Consent(*row), fields=tuple(row[6]))


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.safeguards", "consent")
