"""Batches on their way out: kept in a SQLite file until the hub has given its receipt, as a real system would."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS batch (
    key TEXT PRIMARY KEY, body BLOB NOT NULL, due_at REAL NOT NULL, copies INTEGER NOT NULL, sent_at REAL, answer TEXT
);
CREATE INDEX IF NOT EXISTS batch_waiting ON batch (due_at) WHERE sent_at IS NULL;
CREATE TABLE IF NOT EXISTS progress (one INTEGER PRIMARY KEY CHECK (one = 1), until TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows to be sent together.

    Attributes:
        key: Idempotency key.
        rows: The records.
        due_at: When to send them.
        copies: How often to send the very same batch.

    """

    key: str
    rows: list[dict[str, Any]]
    due_at: datetime
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Waiting:
    """A batch that has not been acknowledged."""

    key: str
    body: bytes
    copies: int


class BatchStore:
    """The store of one simulated system."""

    def __init__(self, file: Path) -> None:
        """Open the store.

        Args:
            file: SQLite file; made when it is not there.

        """
        file.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(file)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def until(self) -> datetime | None:
        """Return the instant up to which records were made; none at the first start."""
        row = self._db.execute("SELECT until FROM progress").fetchone()
        return None if row is None else datetime.fromisoformat(row[0])

    def keep(self, batches: Iterable[Batch], until: datetime) -> None:
        """Keep batches and how far the records reach, both or neither.

        Args:
            batches: New batches; a key that is known is left as it is.
            until: Instant up to which records are made.

        """
        with self._db:
            for batch in batches:
                body = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in batch.rows).encode()
                self._db.execute(
                    "INSERT INTO batch (key, body, due_at, copies) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (batch.key, body, batch.due_at.timestamp(), batch.copies),
                )
            self._db.execute(
                "INSERT INTO progress VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET until = excluded.until",
                (until.isoformat(),),
            )

    def waiting(self, now: datetime, most: int = 20) -> list[Waiting]:
        """Return batches whose time has come, oldest first.

        Args:
            now: Present instant.
            most: How many.

        """
        query = (
            "SELECT key, body, copies FROM batch WHERE sent_at IS NULL AND due_at <= ? ORDER BY due_at, rowid LIMIT ?"
        )
        return [Waiting(*row) for row in self._db.execute(query, (now.timestamp(), most))]

    def acknowledged(self, key: str, now: datetime, answer: Mapping[str, Any]) -> None:
        """Note what the hub said about a batch, and forget old ones.

        Args:
            key: Idempotency key.
            now: Present instant.
            answer: The receipt, or the problem.

        """
        with self._db:
            self._db.execute(
                "UPDATE batch SET sent_at = ?, answer = ? WHERE key = ?",
                (now.timestamp(), json.dumps(answer, ensure_ascii=False), key),
            )
            self._db.execute("DELETE FROM batch WHERE sent_at < ?", (now.timestamp() - 3 * 86_400,))

    def answers(self) -> list[dict[str, Any]]:
        """Return all receipts kept, in the order of sending."""
        query = "SELECT answer FROM batch WHERE answer IS NOT NULL ORDER BY sent_at, rowid"
        return [json.loads(row[0]) for row in self._db.execute(query)]
