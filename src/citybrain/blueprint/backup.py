"""Backup and restore of an instance: database, payloads and lake as of one moment, in one folder, sealed.

The key lies elsewhere (see :mod:`citybrain.blueprint.backup_keys`); a restore carries out again what was destroyed
after the backup was made.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import orjson

from citybrain.blueprint import backup_keys
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import read_stored
from citybrain.blueprint.revisions import history, one
from citybrain.city.contract import Contract
from citybrain.governance.destroying import destroy
from citybrain.hub.destruction import certificate
from citybrain.hub.destruction.carrying import Order
from citybrain.hub.exchange.lake import LakeFiles
from citybrain.kernel.dumps import dump, load
from citybrain.kernel.errors import Conflicting, IntegrityBroken, NotKnown, Unavailable
from citybrain.kernel.postgres import Connection, Database
from citybrain.kernel.settings import Settings
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence
from citybrain.safeguards.sealed_files import seal, unseal

DUMP, PAYLOADS, LAKE, MANIFEST = "database.dump", "payloads", "lake", "manifest.json"
FORMAT = 2
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """What a backup holds.

    Attributes:
        backup: Its id, which names its key.
        head: Place and hash of the evidence chain's end; keep it elsewhere too.
        revision: The city in force.
        destroyed: How many destructions its snapshot had seen.
        payloads: Payload files.
        lake: Files of each contract's lake table below the lake folder, with the log position they hold.

    """

    backup: UUID
    made_at: str
    head: str
    revision: int
    destroyed: int
    payloads: tuple[str, ...]
    lake: Mapping[str, tuple[int, tuple[str, ...]]]


def back_up(instance: Instance, target: Path) -> Kept:
    """Write everything an instance holds into a folder; the manifest comes last and says that it is complete.

    Args:
        instance: A running instance; admissions go on meanwhile and are not part of the backup.
        target: A folder that is empty or not there.

    Returns:
        What the backup holds.

    Raises:
        Conflicting: The folder holds something.
        Unavailable: The dump failed, or files were moved while they were copied, several times over.

    """
    if target.exists() and any(target.iterdir()):
        raise Conflicting("blueprint.backup_folder_full", folder=str(target))
    target.mkdir(parents=True, exist_ok=True)
    with backup_keys.one_at_a_time(instance.settings):
        return _alone(instance, target)


def _alone(instance: Instance, target: Path) -> Kept:
    _clear_dumps(instance.settings)
    with instance.database.transaction() as connection:
        while evidence.seal(connection):
            pass
    backup = instance.new_id()
    key = backup_keys.make(instance.settings, backup)
    for _ in range(ATTEMPTS):
        kept = _one_attempt(instance, target, backup, key)
        if kept is not None:
            (target / MANIFEST).write_bytes(
                orjson.dumps({"format": FORMAT, **_plain(kept)}, option=orjson.OPT_INDENT_2)
            )
            made_at = datetime.fromisoformat(kept.made_at)
            backup_keys.note_made(instance, backup, kept.head, made_at, kept.destroyed)
            return kept
    raise Unavailable("blueprint.backup_disturbed")


def _one_attempt(instance: Instance, target: Path, backup: UUID, key: bytes) -> Kept | None:
    """Dump and seal as of one snapshot; none when a compaction took a payload away before it was sealed."""
    settings, sql = instance.settings, _sql()
    plain = settings.home / f"{backup}.dump"
    with instance.database.reading() as connection:
        connection.execute(sql["no_hurry"])
        row = connection.execute(sql["export_snapshot"]).fetchone()
        if row is None:
            raise AssertionError
        kept = _what_is_there(instance, connection, backup)
        try:
            _make_private(plain)
            dump(instance.database.url, str(row[0]), plain)
            seal(plain, target / DUMP, key, DUMP)
        finally:
            plain.unlink(missing_ok=True)
    try:
        for part, name in _files(kept):
            seal(settings.home / part / name, target / part / name, key, f"{part}/{name}")
    except FileNotFoundError:
        return None
    return kept


def _clear_dumps(settings: Settings) -> None:
    """Remove the plain dumps that a backup or a restore left behind when it was killed."""
    for _, path in backup_keys.ids_of(settings.home, ".dump"):
        path.unlink(missing_ok=True)


def _make_private(path: Path) -> None:
    """Make an empty file for its owner alone, whatever the process lets others read; who writes it keeps that."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _files(kept: Kept) -> Iterator[tuple[str, str]]:
    yield from ((PAYLOADS, name) for name in kept.payloads)
    yield from ((LAKE, name) for _, names in kept.lake.values() for name in names)


def _what_is_there(instance: Instance, connection: Connection, backup: UUID) -> Kept:
    sql, known = _sql(), LakeFiles()
    report = evidence.verify(connection)
    lake = {}
    for (contract,) in connection.execute(sql["in_lake"]).fetchall():
        state = known.state(connection, contract)
        lake[contract] = (state.position, tuple(_below(path, instance.settings.home / LAKE) for path in state.files))
    return Kept(
        backup=backup,
        made_at=instance.clock.now().isoformat(),
        head=f"{report.sealed}:{report.head.hex()}",
        revision=instance.city_now().revision if instance.city.ready else 0,
        destroyed=backup_keys.count_destroyed(connection),
        payloads=tuple(name for (name,) in connection.execute(sql["payload_files"])),
        lake=lake,
    )


def _below(path: Path, folder: Path) -> str:
    if not path.is_relative_to(folder):
        raise IntegrityBroken("blueprint.lake_elsewhere", file=str(path), folder=str(folder))
    return path.relative_to(folder).as_posix()


def _plain(kept: Kept) -> dict[str, Any]:
    return {
        "backup": str(kept.backup),
        "made_at": kept.made_at,
        "head": kept.head,
        "revision": kept.revision,
        "destroyed": kept.destroyed,
        "payloads": list(kept.payloads),
        "lake": {contract: {"position": at, "files": list(files)} for contract, (at, files) in kept.lake.items()},
    }


def read_manifest(source: Path) -> Kept:
    """Read what a backup holds.

    Args:
        source: Folder of the backup.

    Raises:
        NotKnown: It is no backup, or one that was never finished.
        Conflicting: It was written by a program of another time.

    """
    try:
        found = orjson.loads((source / MANIFEST).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        raise NotKnown("blueprint.no_backup", folder=str(source)) from None
    if found["format"] != FORMAT:
        raise Conflicting("blueprint.backup_newer", format=found["format"], known=FORMAT)
    lake = {contract: (item["position"], tuple(item["files"])) for contract, item in found["lake"].items()}
    backup, made_at = UUID(found["backup"]), found["made_at"]
    return Kept(backup, made_at, found["head"], found["revision"], found["destroyed"], tuple(found["payloads"]), lake)


def fill(settings: Settings, url: str, source: Path) -> Kept:
    """Bring database and files of a backup into an empty instance; the lake is opened by :func:`open_lake`.

    Args:
        settings: Of the new instance; its home may be another one than before.
        url: Address of its database, which holds nothing yet.
        source: Folder of the backup.

    Returns:
        What the backup holds.

    Raises:
        NotKnown: It is no backup, or its key was destroyed or is elsewhere.
        Conflicting: The instance is not empty.
        IntegrityBroken: Something in it was changed.

    """
    kept = read_manifest(source)
    with Database(url) as database, database.reading() as connection:
        row = connection.execute(_sql()["anything_there"]).fetchone()
    if row is not None and not row[0]:  # nothing runs here that could be writing one
        _clear_dumps(settings)
    key = backup_keys.read(settings, kept.backup)
    full = [
        name for name in (PAYLOADS, LAKE) if (settings.home / name).exists() and any((settings.home / name).iterdir())
    ]
    if full or row is None or row[0]:
        raise Conflicting("blueprint.instance_not_empty", home=str(settings.home))
    plain = settings.home / f"{kept.backup}.dump"
    try:
        for part, name in _files(kept):
            unseal(source / part / name, settings.home / part / name, key, f"{part}/{name}")
        _make_private(plain)
        unseal(source / DUMP, plain, key, DUMP)
        load(url, plain)
    except FileNotFoundError as error:
        raise IntegrityBroken("blueprint.backup_incomplete", file=str(error.filename)) from None
    finally:
        plain.unlink(missing_ok=True)
    with Database(url) as database, database.transaction() as connection:
        row = connection.execute(_sql()["lake_catalog_there"]).fetchone()
        if row is not None and row[0]:
            connection.execute(_sql()["forget_lake_tables"])
    return kept


def open_lake(instance: Instance, kept: Kept) -> None:
    """Make the lake's tables anew from their files, wherever these are now.

    Args:
        instance: The filled instance.
        kept: What the backup holds.

    Raises:
        IntegrityBroken: A contract with rows in the lake is in no revision.

    """
    for ref, (position, files) in kept.lake.items():
        contract = _contract(instance, ref)
        instance.lake.adopt(contract, [instance.settings.home / LAKE / name for name in files], position)


def note_origin(instance: Instance, kept: Kept) -> None:
    """Note in a restored instance the backup it came from, so that its key goes once rows in it are destroyed.

    Args:
        instance: The filled instance.
        kept: What the backup holds.

    """
    made_at = datetime.fromisoformat(kept.made_at)
    backup_keys.note_restored(instance, kept.backup, kept.head, made_at, kept.destroyed)


def destroy_again(instance: Instance) -> list[str]:
    """Carry out in a restored instance what was destroyed after its backup was made.

    Args:
        instance: The filled instance, with its lake open.

    Returns:
        Numbers of the certificates whose rows were in the backup and are not in the instance.

    Source:
        Hangzhou art. 13 (依法销毁).

    """
    everything = backup_keys.listed(instance.settings)
    with instance.database.transaction() as connection:
        known = {item.number for item in certificate.every(connection)}
        backup_keys.pass_numbers(connection, everything)
    done = []
    for told in everything:
        contract = None if told["number"] in known else _contract_there(instance, told["contract"])
        if contract is None:
            continue  # carried out already, or the contract came after the backup was made
        batches, token = told["batches"], told["person_token"]
        before = told["arrived_before"]
        order = Order(
            contract, told["kind"], told["reason"], told["decided_by"],
            subject=bytes.fromhex(token) if token else None, again=told["number"],
            before=datetime.fromisoformat(before) if before else None,
            batches=None if batches is None else tuple(UUID(batch) for batch in batches),
        )  # fmt: skip
        try:
            done.append(destroy(instance.eraser, instance.city_now(), order).number)
        except NotKnown:
            continue  # the rows came after the backup was made
    return done


def _contract(instance: Instance, ref: str) -> Contract:
    found = _contract_there(instance, ref)
    if found is None:
        raise IntegrityBroken("blueprint.contract_lost", contract=ref)
    return found


def _contract_there(instance: Instance, ref: str) -> Contract | None:
    """Find a contract in the city in force, or in the newest revision that had it."""
    if instance.city.ready and ref in instance.city_now().contracts:
        return instance.city_now().contracts[ref]
    with instance.database.reading() as connection:
        for content in _contents_of(connection, ref):
            made = read_stored(ref, content)
            if isinstance(made, Contract):
                return made
    return None


def _contents_of(connection: Connection, ref: str) -> Iterator[Mapping[str, Any]]:
    for record in history(connection, limit=10_000):
        contents = one(connection, record.number).contents
        if ref in contents:
            yield contents[ref]


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.blueprint", "backup")
