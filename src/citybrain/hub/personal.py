"""What a release owes the persons its rows are about: only those who agree, and a note of everyone whose row left.

Source: Hangzhou art. 13 (知情权、选择权).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import LiteralString
from uuid import UUID

import polars as pl

from citybrain.city.contract import Contract
from citybrain.hub.grants import HeldGrant
from citybrain.hub.question import Question
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import consent, evidence
from citybrain.safeguards.subjects import among, subject_key, token_of, tokens_of


@dataclass(frozen=True, slots=True)
class Persons:
    """The persons behind one release.

    Attributes:
        contract: The contract.
        field: Name of the field that names the person.
        held: The grant rows leave under.
        key: Key of their tokens.
        agreeing: Tokens of who agrees; none where no consent is asked.

    """

    contract: Contract
    field: str
    held: HeldGrant
    key: bytes
    agreeing: frozenset[bytes] | None

    def agree(self) -> pl.Expr:
        """Return a condition on rows: their person agrees. One look-up for each different person, not each row."""
        agreeing = self.agreeing
        if agreeing is None:
            return pl.lit(value=True)
        return pl.col(self.field).map_batches(
            lambda values: among(values, agreeing, self.key), return_dtype=pl.Boolean, is_elementwise=True
        )

    def withheld(self, connection: Connection, question: Question, system: str, at: datetime, new_id: NewId) -> bool:
        """Tell whether one single person is asked for who does not agree, and put that into evidence.

        Args:
            connection: The transaction of the release.
            question: What is asked; its conditions have been found to be granted.
            system: Ref of the asking system.
            at: Present instant.
            new_id: Source of identifiers.

        """
        if self.agreeing is None:
            return False
        for condition in question.where:
            single = condition.comparison == "eq" or (condition.comparison == "in" and "," not in condition.text)
            if condition.field != self.field or not single:
                continue
            token = token_of(condition.text, self.key)
            if token not in self.agreeing:
                facts = {
                    "system": system, "department": self.held.department, "purpose": question.purpose,
                    "grant": self.held.id, "person": token.hex(),
                }  # fmt: skip
                evidence.write(connection, "hub:release:withheld", self.contract.ref, facts, at, new_id)
                return True
        return False

    def note(self, connection: Connection, release: UUID, frame: pl.DataFrame) -> None:
        """Keep whose rows left.

        Args:
            connection: The transaction of the release.
            release: The release.
            frame: Rows that left, before anything was covered.

        """
        tokens = sorted(set(tokens_of(frame.get_column(self.field), self.key).values()))
        with connection.cursor() as cursor, cursor.copy(_sql()["released"]) as copy:
            for token in tokens:
                copy.write_row((token, release))


def concerned(
    connection: Connection, contract: Contract, held: HeldGrant, fields: tuple[str, ...], key_file: Path | None
) -> Persons | None:
    """Return the persons behind a release; none where rows are about no person.

    Args:
        connection: The transaction of the release.
        contract: The contract as it is protected.
        held: The grant rows leave under.
        fields: Fields that leave.
        key_file: The deployment's key file; none where it has none.

    """
    if contract.subject is None:
        return None
    key = subject_key(connection, key_file=key_file)
    agreeing = None
    if contract.consent:
        agreeing = consent.agreeing(connection, contract, held.purpose, held.department, fields)
    return Persons(contract, contract.subject, held, key, agreeing)


def inspected(
    connection: Connection, contract: Contract, entry: UUID, values: pl.Series, key_file: Path | None
) -> None:
    """Keep whose rows the operator of the hub looked at.

    Args:
        connection: The transaction of the inspection.
        contract: The contract; one whose rows are about persons.
        entry: Evidence of the inspection.
        values: What names the persons of the rows that were shown.
        key_file: The deployment's key file; none where it has none.

    """
    if contract.subject is None:
        return
    key = subject_key(connection, key_file=key_file)
    tokens = sorted(set(tokens_of(values, key).values()))
    with connection.cursor() as cursor, cursor.copy(_sql()["looked_at"]) as copy:
        for token in tokens:
            copy.write_row((token, entry))


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "personal")
