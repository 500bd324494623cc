"""Keys of backups, held outside of them, and beside them the list of destructions a restored copy carries out again.

A backup that was made before a destruction still holds the rows, sealed. Its key is destroyed as soon as a later
backup is complete; from then on nothing of it can be read. Until then a restore leaves destroyed rows out by the list.
So do keys of which the instance knows nothing, of backups that were broken off; but a restored copy leaves those alone:
they may be those of the instance it was made from, which is in use.

Source: Hangzhou art. 13 (依法销毁).
"""

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import orjson

from citybrain.blueprint.instance import Instance
from citybrain.hub.destruction import certificate
from citybrain.kernel.errors import NotKnown
from citybrain.kernel.postgres import Connection
from citybrain.kernel.settings import Settings
from citybrain.kernel.sql import statements
from citybrain.kernel.tether import Ownership
from citybrain.safeguards import evidence

LIST = "destroyed.jsonl"
LOCK = "backup.lock"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Before:
    """Backups that were made before an instant.

    Attributes:
        made: How many.
        erased: How many of them can be read no longer.
        erased_at: When the last key went.

    """

    made: int
    erased: int
    erased_at: datetime | None


def folder_of(settings: Settings) -> Path:
    """Return where keys of backups are.

    Args:
        settings: Told from outside.

    """
    return settings.backup_keys or settings.home / "backup-keys"


def one_at_a_time(settings: Settings) -> Ownership:
    """Return the lock of backups with one key folder, so that none takes the key of another that is under way.

    Args:
        settings: Told from outside.

    Returns:
        The lock; entering it waits until it is free, and it is free when its process ends in any way.

    """
    folder = folder_of(settings)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Ownership(folder / LOCK)


def make(settings: Settings, backup: UUID) -> bytes:
    """Make the key of a backup and keep it.

    Args:
        settings: Told from outside.
        backup: Id of the backup.

    Returns:
        32 bytes.

    """
    key = secrets.token_bytes(KEY_BYTES)
    _write(folder_of(settings) / f"{backup}.key", key.hex().encode())
    return key


def read(settings: Settings, backup: UUID) -> bytes:
    """Return the key of a backup.

    Args:
        settings: Told from outside.
        backup: Id of the backup.

    Raises:
        NotKnown: It was destroyed, or is kept in another folder; or the list of destructions is not beside it.

    """
    path = folder_of(settings) / f"{backup}.key"
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        raise NotKnown("blueprint.backup_key_gone", backup=backup, folder=str(path.parent)) from None
    if not (path.parent / LIST).is_file():  # without it destroyed rows would come back unnoticed
        raise NotKnown("blueprint.destroyed_list_gone", file=LIST, folder=str(path.parent))
    return key


def note_made(instance: Instance, backup: UUID, head: str, made_at: datetime, destroyed: int) -> int:
    """Note a complete backup, and destroy the keys of those before it that hold what was destroyed since.

    Keys that belong to no backup this instance knows of go as well.

    Args:
        instance: A running instance; the caller holds the lock of backups.
        backup: Id of the backup.
        head: Its head of the evidence chain.
        made_at: When its snapshot was taken.
        destroyed: How many destructions its snapshot had seen.

    Returns:
        How many backups can be read no longer.

    """
    at = instance.clock.now()
    with instance.database.transaction() as connection:
        entry = evidence.write(
            connection, "blueprint:backup:made", str(backup), {"head": head}, at, instance.new_id
        )  # fmt: skip
        given = {"id": backup, "at": made_at, "head": head, "destroyed": destroyed, "evidence": entry.id}
        connection.execute(_sql()["made"], given)
        old = [row[0] for row in connection.execute(_sql()["superseded"], given).fetchall()]
        named = {row[0] for row in connection.execute(_sql()["named"]).fetchall()}
        copy = connection.execute(_sql()["is_a_copy"]).fetchone() == (True,)
        keys = () if copy else ids_of(folder_of(instance.settings), ".key")
        strays = {one: path for one, path in keys if one not in named}
        for one in (*old, *strays):
            connection.execute(_sql()["erased"], {"id": one, "at": at})
            facts = {"followed_by": backup}
            evidence.write(connection, "blueprint:backup_key:destroyed", str(one), facts, at, instance.new_id)
    for path in strays.values():
        _erase(path)
    for _, path in ids_of(folder_of(instance.settings), ".key.tmp"):
        _erase(path)
    keep_list(instance)
    return len(old) + len(strays)


def note_restored(instance: Instance, backup: UUID, head: str, made_at: datetime, destroyed: int) -> None:
    """Note in a restored instance the backup it came from, which cannot hold a word of itself.

    From then on its key goes like those of the instance's own backups.

    Args:
        instance: The filled instance.
        backup: Id of the backup.
        head: Its head of the evidence chain.
        made_at: When its snapshot was taken.
        destroyed: How many destructions its snapshot had seen.

    """
    at = instance.clock.now()
    with instance.database.transaction() as connection:
        entry = evidence.write(
            connection, "blueprint:backup:restored", str(backup), {"head": head}, at, instance.new_id
        )  # fmt: skip
        given = {"id": backup, "at": made_at, "head": head, "destroyed": destroyed, "evidence": entry.id}
        connection.execute(_sql()["made"], given)


def keep_list(instance: Instance) -> None:
    """Destroy the keys that are to be gone, and add to the list the destructions that are missing in it.

    Nothing is ever taken off the list: a copy restored from an older backup knows nothing of destructions of rows that
    came later, and a later backup may be restored after it. Persons stand in the list by token.

    Args:
        instance: A running instance.

    """
    with instance.database.reading() as connection:
        for (backup,) in connection.execute(_sql()["without_key"]).fetchall():
            _erase(folder_of(instance.settings) / f"{backup}.key")
        made = certificate.every(connection)
    path = folder_of(instance.settings) / LIST
    told = listed(instance.settings)
    known = {item["number"] for item in told}
    missing = [certificate.as_plain(item) for item in made if item.number not in known]
    if missing or not path.is_file():
        _write(path, b"".join(orjson.dumps(item) + b"\n" for item in (*told, *missing)))


def pass_numbers(connection: Connection, told: Sequence[Mapping[str, Any]]) -> None:
    """Let certificates be numbered after those the list holds, also those a restored copy does not have.

    Args:
        connection: The caller's transaction.
        told: The list.

    """
    highest = max((int(item["number"].rpartition("-")[2]) for item in told), default=0)
    if highest:
        connection.execute(_sql()["pass_number"], {"number": highest})


def listed(settings: Settings) -> list[Mapping[str, Any]]:
    """Return the list of destructions, the oldest first.

    Args:
        settings: Told from outside.

    """
    try:
        text = (folder_of(settings) / LIST).read_bytes()
    except OSError:
        return []
    return [orjson.loads(line) for line in text.splitlines() if line]


def count_destroyed(connection: Connection) -> int:
    """Return how many destructions there were.

    Args:
        connection: Any transaction.

    """
    row = connection.execute(_sql()["count_destroyed"]).fetchone()
    return int(row[0]) if row else 0


def before(connection: Connection, at: datetime) -> Before:
    """Tell of the backups made before an instant.

    Args:
        connection: Any transaction.
        at: When rows were destroyed.

    """
    row = connection.execute(_sql()["before"], {"at": at}).fetchone()
    return Before(*row) if row else Before(0, 0, None)


def ids_of(folder: Path, ending: str) -> Iterator[tuple[UUID, Path]]:
    """Find files of backups by their names.

    Args:
        folder: Where to look.
        ending: What follows the id; files of other names are not ours.

    Yields:
        Id of a backup and its file.

    """
    for path in sorted(folder.glob(f"*{ending}")):
        try:
            yield UUID(path.name.removesuffix(ending)), path
        except ValueError:
            continue


def _write(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(path.name + ".tmp")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    handle = os.open(path.parent, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def _erase(path: Path) -> None:
    """Overwrite a key where it lies, then remove it."""
    if path.is_file():
        with path.open("r+b") as file:
            file.write(secrets.token_bytes(KEY_BYTES * 2))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.blueprint", "backup_keys")
