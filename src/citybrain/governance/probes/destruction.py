"""Probe of destruction: rows of a person are gone wherever the hub keeps them, and certified (Hangzhou art. 13)."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from citybrain.city.contract import Contract
from citybrain.governance import destroying
from citybrain.governance.bench import Bench, Seen, demand, refused, seen
from citybrain.governance.personal_rehearsal import FIELDS, OTHER, PERSON, PURPOSE, asking_city, open_use, take_rows
from citybrain.governance.rehearsal import Stage, stage
from citybrain.governance.scratch import BUREAU, CONTRACT, reading, scratch_city
from citybrain.hub import deletion_notices as notices
from citybrain.hub import legal_holds
from citybrain.hub.destruction.carrying import Eraser, Order
from citybrain.hub.destruction.certificate import Certificate
from citybrain.hub.exchange.lake import Lake
from citybrain.kernel.errors import Conflicting, IntegrityBroken, NotKnown
from citybrain.kernel.sql import statements
from citybrain.safeguards import consent
from citybrain.safeguards.sealed_files import seal, unseal


class _ScratchLake(Lake):
    """A lake that nobody else compacts, as nobody else sees a rehearsal."""

    @contextmanager
    def alone(self, contract: str) -> Iterator[bool]:
        """Keep nobody away."""
        del contract
        yield True

    def settle(self, contract: Contract) -> None:
        """Nothing lies in two places where nothing was ever compacted."""


def destroyed_rows_are_gone(bench: Bench) -> Seen:
    """Destroy a person's rows in a rehearsal: a hold stops it; then log, reading, rows set aside and uses have none."""
    city = asking_city(scratch_city(bench.city))
    with stage(bench, city) as at, tempfile.TemporaryDirectory() as folder:
        now = at.clock.now()
        at.send([reading(now), {**reading(now, "P2"), "person": OTHER}, {**reading(now, "P3"), "amount": -1}])
        subject = open_use(at)
        with at.database.transaction() as connection:
            consent.give(
                connection, city.contracts[CONTRACT], consent.Use(PURPOSE, BUREAU, FIELDS), subject, at.clock, at.new_id
            )
        take_rows(at)
        aside = _set_aside(at)
        _stopped_by_a_hold(at, subject, Path(folder))
        made = _destroy(at, subject, Path(folder))
        with at.database.reading() as connection:
            rows = at.reader.relation(connection, city.contracts[CONTRACT], with_corrected=True).collect()
            told = notices.of_destruction(connection, made.id)
        demand(rows.filter(pl.col("person") == PERSON).is_empty(), "destroyed_rows_are_read")
        demand(rows.height == 1, "destruction_took_others")
        demand(_set_aside(at) == 0, "destroyed_rows_stay_aside")
        demand(made.places["log"] == 1 and made.places["set_aside"] == aside, "certificate_counts_wrong")
        demand(len(told) == 1, "receivers_not_told")
        refused(lambda: _destroy(at, subject, Path(folder)), NotKnown, "destroyed_rows_are_read")
        _sealed(Path(folder))
    with bench.database.reading() as connection:
        row = connection.execute(statements("citybrain.governance", "figures")["destructions"]).fetchone() or (0, 0, 0)
    demand(not row[2], "destroyed_without_certificate", batches=row[2])
    return seen("destroyed_rows_are_gone", certificates=row[0], holds=row[1])


def _order(at: Stage, subject: bytes) -> Order:
    return Order(at.city.contracts[CONTRACT], "person", "law check", "law-check-clerk", subject=subject)


def _destroy(at: Stage, subject: bytes, folder: Path) -> Certificate:
    folders = (folder / "payloads", folder / "lake")
    lake = _ScratchLake(at.database, *folders, at.new_id)
    eraser = Eraser(at.database, lake, folders, None, at.clock, at.new_id)
    return destroying.destroy(eraser, at.city, _order(at, subject))


def _stopped_by_a_hold(at: Stage, subject: bytes, folder: Path) -> None:
    contract = at.city.contracts[CONTRACT]
    with at.database.transaction() as connection:
        hold = legal_holds.put(
            connection, contract, "law check", "law-check-clerk", at.clock, at.new_id, subject=subject
        )  # fmt: skip
    refused(lambda: _destroy(at, subject, folder), Conflicting, "hold_changed_nothing")
    with at.database.transaction() as connection:
        legal_holds.lift(connection, hold.number, "law check", "law-check-clerk", at.clock, at.new_id)


def _set_aside(at: Stage) -> int:
    sql = statements("citybrain.governance", "figures")["set_aside_naming"]
    with at.database.reading() as connection:
        row = connection.execute(sql, {"contract": CONTRACT, "value": PERSON}).fetchone()
    return int(row[0]) if row else 0


def _sealed(folder: Path) -> None:
    """Backups are sealed under a key: with another one, as when the key is destroyed, nothing comes out."""
    plain, sealed, key = folder / "plain", folder / "sealed", secrets.token_bytes(32)
    plain.write_text(PERSON * 100, encoding="utf-8")
    seal(plain, sealed, key, "plain")
    demand(PERSON.encode() not in sealed.read_bytes(), "backups_lie_open")
    refused(
        lambda: unseal(sealed, folder / "again", secrets.token_bytes(32), "plain"), IntegrityBroken, "backups_lie_open"
    )
