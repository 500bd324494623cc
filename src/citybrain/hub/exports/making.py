"""Making export files: page by page through the one way out, whole or not there at all, gone when their time is over.

Source: Hangzhou art. 8, 13.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final, LiteralString
from uuid import UUID

import polars as pl
from psycopg.types.json import Jsonb

from citybrain.city.contract import Mask
from citybrain.city.whole import City
from citybrain.hub import grants
from citybrain.hub.exports import record
from citybrain.hub.exports.files import SUFFIXES, GrowingFile
from citybrain.hub.exports.record import Export, ExportOrder
from citybrain.hub.question import MOST_ROWS, condition_of
from citybrain.hub.release import Release, Releaser
from citybrain.hub.subscriptions.standing import head
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import AccessRefused, CityBrainError, Conflicting, NotKnown, Unavailable, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.jobs import Job, NewJob, enqueue
from citybrain.kernel.postgres import Connection, Database
from citybrain.kernel.sql import statements
from citybrain.kernel.telemetry import logger
from citybrain.kernel.workers import Outside
from citybrain.safeguards import evidence

KIND: Final = "hub.export"
QUEUE: Final = "export"
ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that may leave now.

    Attributes:
        path: Where it is.
        name: What it is called outside.

    """

    export: Export
    path: Path
    name: str


class _NotOurs(Exception):
    """The export has ended, or another makes it now."""


class Exporter:
    """Makes, hands out and sweeps away export files for one process."""

    def __init__(
        self, database: Database, city_now: Callable[[], City], releaser: Releaser, folder: Path, clock: Clock,
        new_id: NewId,
    ) -> None:  # fmt: skip
        """Set it up; nothing is opened yet.

        Args:
            database: Where exports are.
            city_now: Gives the revision in force.
            releaser: The way out.
            folder: Where files are kept; made when the first one is.
            clock: Present instant.
            new_id: Source of identifiers.

        """
        self._database, self._city_now, self._releaser = database, city_now, releaser
        self._folder, self._clock, self._new_id = folder, clock, new_id

    def ask(self, wanted: ExportOrder) -> Export:
        """Ask for a file; a worker makes it.

        Args:
            wanted: What is wanted.

        Raises:
            NotKnown: No such contract, system or field.
            WrongUse: A condition cannot be read, or it would end before it begins.
            AccessRefused: The grant does not hold, or not for this.
            Conflicting: The system keeps too many already.

        """
        if wanted.since is not None and wanted.until is not None and wanted.since >= wanted.until:
            raise WrongUse("exports.period_wrong", field="until")
        self._releaser.require(wanted.question(), wanted.system)
        city = self._city_now()
        owner, contract = city.systems[wanted.system].owner, city.contracts[wanted.contract]
        for condition in wanted.where:
            condition_of(condition, contract)
        with self._database.transaction() as connection:
            known = grants.of_department(connection, owner, wanted.contract)
            held = next((item for item in known if item.name == wanted.grant), None)
            if held is None:
                raise AccessRefused("hub.use_no_grant", thing=wanted.contract, purpose=wanted.purpose)
            made = record.order(connection, wanted, held, self._clock, self._new_id)
            job = NewJob(
                KIND, {"export": str(made.id)}, None, QUEUE, f"export:{made.id}", f"export:{made.id}", ATTEMPTS
            )  # fmt: skip
            enqueue(connection, self._clock, [job], wake=True)
        return made

    def duty(self) -> Outside:
        """Return the duty a worker does jobs of this kind with."""
        return Outside(KIND, self.make)

    def make(self, job: Job) -> None:
        """Make a file: pages as releases, then the whole at its place, then ready.

        Args:
            job: Names the export.

        """
        export, attempt = UUID(str(job.payload["export"])), self._new_id()
        with self._database.transaction() as connection:
            given = {"id": export, "attempt": attempt}
            if connection.execute(_sql()["take"], given).fetchone() is None:
                return  # ended meanwhile
            connection.execute(_sql()["begin_again"], given)
            wanted, newest = record.one(connection, export), head(connection)
        try:
            self._write(wanted, attempt, newest)
        except _NotOurs:
            logger().info("hub.export_stopped", export=str(export))
        except (AccessRefused, NotKnown) as error:
            self._fail(export, attempt, error)
        except (CityBrainError, OSError) as error:
            if job.attempts >= job.max_attempts:
                self._fail(export, attempt, error)
                return
            raise

    def fetch(self, export: UUID, who: str, *, system: str | None = None) -> Fetched:
        """Hand a file out; that somebody fetches it is in evidence before the first byte leaves.

        Args:
            export: Which.
            who: Ref of the system or short name of the person.
            system: Only when it is for this system.

        Raises:
            NotKnown: No such export of that system.
            Conflicting: It is not made yet, or could not be made.
            AccessRefused: It has ended, its grant does not hold any more, or a rule forbids the use now.

        """
        with self._database.reading() as connection:
            wanted = record.one(connection, export, system=system)
        if wanted.state == "ready":
            self._look_over(wanted)
        with self._database.transaction() as connection:
            grants.of_department(connection, wanted.department, wanted.contract)  # none is closed meanwhile
            record.end_lapsed(connection, self._clock, self._new_id, export)
            now = record.one(connection, export)
            path = self._folder / (now.path or "")
            if now.state == "ready" and path.is_file():
                self._note_fetch(connection, now, who)
        if now.state == "ended":
            raise AccessRefused(f"exports.{now.end_reason}", export=export, grant=now.grant, contract=now.contract)
        if now.state != "ready":
            raise Conflicting("exports.failed" if now.state == "failed" else "exports.not_ready", export=export)
        if not path.is_file():
            raise Unavailable("exports.file_missing", export=export)
        day = (now.made_at or now.asked_at).astimezone(self._city_now().zone)
        name = f"{now.contract.partition(':')[2].replace('/', '-')}-{day:%Y%m%d-%H%M}.{SUFFIXES[now.form]}"
        return Fetched(now, path, name)

    def may_go_on(self, export: UUID) -> bool:
        """Tell whether a file that is leaving may go on leaving.

        Args:
            export: Which.

        """
        with self._database.transaction() as connection:
            record.end_lapsed(connection, self._clock, self._new_id, export)
            wanted = record.one(connection, export)
        try:
            return wanted.state == "ready" and self._look_over(wanted)
        except (AccessRefused, NotKnown):
            return False

    def sweep(self) -> int:
        """End what may not be kept any more, and take away every file that is no ready export's and not being made.

        Returns:
            How many files were taken away.

        """
        with self._database.transaction() as connection:
            record.end_lapsed(connection, self._clock, self._new_id)
            ready = [record.one(connection, row[0]) for row in connection.execute(_sql()["ready"]).fetchall()]
        for wanted in ready:
            with suppress(AccessRefused, NotKnown):  # that is said to who fetches it
                self._look_over(wanted)
        return self.clear()

    def clear(self) -> int:
        """Take away every file that is no ready export's and not being made.

        Returns:
            How many files were taken away.

        """
        found = list(self._folder.iterdir()) if self._folder.is_dir() else []
        with self._database.reading() as connection:
            living = {str(row[0]) for row in connection.execute(_sql()["living"]).fetchall()}
        gone = [file for file in found if file.name.partition(".")[0] not in living]
        for file in gone:
            file.unlink(missing_ok=True)
        return len(gone)

    def _look_over(self, wanted: Export) -> bool:
        """Stop what may not leave now, and end an export whose fields must be covered otherwise than in its file."""
        masks = self._releaser.require(wanted.question(), wanted.system, counted=True)
        if wanted.path is None or wanted.covered(masks):
            return True
        with self._database.transaction() as connection:
            record.end_lapsed(connection, self._clock, self._new_id, wanted.id)  # a narrower grant is the better reason
            record.end(connection, wanted.id, "masks_changed", "clock", self._clock, self._new_id)
        (self._folder / wanted.path).unlink(missing_ok=True)
        return False

    def _write(self, wanted: Export, attempt: UUID, newest: int) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        final = self._folder / f"{attempt}.{SUFFIXES[wanted.form]}"
        growing = final.with_name(f"{final.name}.part")
        file, rows = GrowingFile(growing, wanted.form), 0
        masks: dict[str, Mask] | None = None
        try:
            for page in self._pages(wanted, newest):
                covered = {name: how for name, how in page.masks.items() if name in wanted.fields}
                if masks not in (None, covered):  # the pages of a file are alike: it begins anew
                    raise Conflicting("exports.masks_changed", export=wanted.id)
                masks = covered
                with self._database.transaction() as connection:
                    given = {"id": wanted.id, "attempt": attempt, "release": page.id, "rows": page.rows}
                    if connection.execute(_sql()["part"], given).rowcount == 0:
                        raise _NotOurs
                file.write(pl.read_ipc_stream(io.BytesIO(page.body)))
                rows += page.rows
            size, sha256 = file.close()
            growing.rename(final)
            self._note_made(wanted, attempt, final.name, (rows, size, sha256), masks or {})
        except BaseException:
            file.abandon()
            with suppress(OSError):
                growing.unlink(missing_ok=True)  # a file that is whole already goes with the next sweep
            raise

    def _pages(self, wanted: Export, newest: int) -> Iterator[Release]:
        """Release page after page, up to where the log was when the making began."""
        question, more = replace(wanted.question(), fields=wanted.fields, limit=MOST_ROWS), True
        while more:
            page = self._releaser.release(question, wanted.system, "arrow", "export")
            yield page
            more = page.more and page.place is not None and page.place.position <= newest
            question = replace(question, after=page.place)

    def _note_made(
        self, wanted: Export, attempt: UUID, name: str, made: tuple[int, int, bytes], masks: Mapping[str, Mask]
    ) -> None:
        rows, size, sha256 = made
        at = self._clock.now()
        kept = timedelta(days=self._city_now().settings.periods.exports_kept)
        with self._database.transaction() as connection:
            given = {
                "id": wanted.id, "attempt": attempt, "rows": rows, "bytes": size, "sha256": sha256, "path": name,
                "at": at, "expires_at": at + kept, "masks": Jsonb(dict(masks)),
            }  # fmt: skip
            if connection.execute(_sql()["made"], given).rowcount == 0:
                raise _NotOurs
            facts = {"grant": wanted.grant, "contract": wanted.contract, "rows": rows, "bytes": size,
                     "sha256": sha256.hex(), "expires_at": at + kept}  # fmt: skip
            evidence.write(connection, "hub:export:made", str(wanted.id), facts, at, self._new_id)

    def _note_fetch(self, connection: Connection, now: Export, who: str) -> None:
        at, fetch = self._clock.now(), self._new_id()
        facts = {
            "fetch": fetch, "who": who, "contract": now.contract, "department": now.department, "grant": now.grant,
            "rows": now.rows, "bytes": now.size, "sha256": (now.sha256 or b"").hex(),
        }  # fmt: skip
        entry = evidence.write(connection, "hub:export:fetched", str(now.id), facts, at, self._new_id)
        given = {"id": fetch, "export": now.id, "who": who, "at": at, "evidence": entry.id}
        connection.execute(_sql()["fetched"], given)

    def _fail(self, export: UUID, attempt: UUID, error: Exception) -> None:
        code = error.code if isinstance(error, CityBrainError) else "exports.no_space"
        logger().warning("hub.export_failed", export=str(export), code=code)
        with self._database.transaction() as connection:
            connection.execute(_sql()["failed"], {"id": export, "attempt": attempt, "failure": code})


def _sql() -> dict[str, LiteralString]:
    return dict(statements("citybrain.hub.exports", "record"))
