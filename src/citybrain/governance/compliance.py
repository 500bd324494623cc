"""Compliance: every bound duty of the laws is checked live, the result kept, a change evidenced (条例对照)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Literal, LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

from citybrain.city.law import Article, Duty, LawPack
from citybrain.city.names import Name
from citybrain.governance.bench import Bench
from citybrain.governance.checks import Verdict, make
from citybrain.governance.probes import known_probes
from citybrain.kernel.calendar import add_working_days
from citybrain.kernel.clock import city_day
from citybrain.kernel.ids import NewId
from citybrain.kernel.messages import Language
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

Status = Literal["holds", "broken", "not_yet", "organisational"]
STATUSES: tuple[Status, ...] = ("holds", "broken", "not_yet", "organisational")
EVERY = timedelta(minutes=15)
AGAIN = timedelta(minutes=1)
KEPT_FOR = timedelta(days=90)
DAYS_TO_MEND = 1
_JOINED = {"zh": "；", "en": "; "}


@dataclass(frozen=True, slots=True)
class Result:
    """What was seen of one duty.

    Attributes:
        row: Id of the duty.
        since: Since when it has this status without a break.
        words: Evidence in words.
        answers: Department that answers while it is broken.
        duration_ms: How long the checks took.

    """

    pack: str
    row: str
    status: Status
    checked_at: datetime
    since: datetime
    words: Name
    answers: str | None
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Round:
    """One pass over the duties.

    Attributes:
        results: A result for each bound duty.

    """

    id: UUID
    started_at: datetime
    duration_ms: int
    results: tuple[Result, ...]

    def count(self, status: Status) -> int:
        """Count results.

        Args:
            status: The status asked for.

        """
        return sum(result.status == status for result in self.results)


@dataclass(frozen=True, slots=True)
class Row:
    """One duty with what is known about it; what the page and the command show.

    Attributes:
        result: The last result; none when it is not bound or was never checked.
        due: Day by which a broken duty is to be mended.

    """

    pack: LawPack
    article: Article
    duty: Duty
    result: Result | None
    answers: str | None = None
    due: date | None = None

    @property
    def status(self) -> Status:
        """Where the duty stands: a bound one that was never checked is not yet shown to hold."""
        if self.duty.binding == "organisational":
            return "organisational"
        return self.result.status if self.result is not None else "not_yet"

    def evidence(self, language: Language) -> str:
        """Say what was seen, or why there is nothing to see.

        Args:
            language: ``zh`` or ``en``.

        """
        if self.result is not None:
            return self.result.words.said(language)
        said = self.duty.organisational or self.duty.note
        return said.said(language) if said is not None else ""


def check_duty(bench: Bench, duty: Duty, known: dict[str, Verdict]) -> tuple[Status, Name, str | None]:
    """Make all checks of a duty.

    Args:
        bench: What they stand on.
        duty: A bound duty.
        known: Verdicts of this round by check, so that a probe shared by duties runs once; added to.

    Returns:
        Status, evidence in words and, where broken, who answers. A duty holds when no check contradicts it and at
        least one was made.

    """
    probes = known_probes()
    verdicts: list[Verdict] = []
    for check in duty.checks:
        name = check.model_dump_json()
        if name not in known:
            known[name] = make(bench, check, probes)
        verdicts.append(known[name])
    broken = [verdict for verdict in verdicts if verdict.holds is False]
    shown = broken or [verdict for verdict in verdicts if verdict.holds] or verdicts
    words = Name(
        zh=_JOINED["zh"].join(dict.fromkeys(verdict.words.zh for verdict in shown)),
        en=_JOINED["en"].join(dict.fromkeys(verdict.words.en for verdict in shown)),
    )
    if broken:
        return "broken", words, next((item.answers for item in broken if item.answers), None)
    return ("holds" if any(verdict.holds for verdict in verdicts) else "not_yet"), words, None


def run_round(bench: Bench, packs: Sequence[LawPack], only: Collection[str] | None = None) -> Round:
    """Check all bound duties of some packs and keep what was seen.

    Args:
        bench: What the checks stand on.
        packs: Packs to check; a law that is not yet in force is left out.
        only: Look again only at these rows, between two rounds; none means all.

    Returns:
        The round.

    Raises:
        Unavailable: The database is away.

    Source:
        Hangzhou art. 6 (督促落实), 15 (实时监测); Nanjing art. 11.

    """
    began, at = monotonic(), bench.clock.now()
    today = city_day(at, bench.city.zone)
    known: dict[str, Verdict] = {}
    found: list[Result] = []
    for pack in packs:
        for _, duty in pack.duties():
            if duty.binding != "bound" or not pack.binds_on(today) or (only is not None and duty.id not in only):
                continue
            start = monotonic()
            status, words, answers = check_duty(bench, duty, known)
            answers = answers or duty.answers or bench.city.settings.data_authority
            spent = round((monotonic() - start) * 1000)
            blamed = answers if status == "broken" else None
            found.append(Result(pack.pack, duty.id, status, bench.clock.now(), at, words, blamed, spent))
    with bench.database.transaction() as connection:
        kept = [_keep(connection, result, bench.new_id) for result in found]
        made = Round(bench.new_id(), at, round((monotonic() - began) * 1000), tuple(kept))
        if only is None:
            _keep_round(connection, made)
    return made


def _keep(connection: Connection, result: Result, new_id: NewId) -> Result:
    before = connection.execute(_sql()["last"], {"row": result.row}).fetchone()
    changed = before is None or before[0] != result.status
    since = result.checked_at if changed or before is None else before[1]
    kept = Result(
        result.pack,
        result.row,
        result.status,
        result.checked_at,
        since,
        result.words,
        result.answers,
        result.duration_ms,
    )
    given = {
        "pack": kept.pack, "row": kept.row, "status": kept.status, "at": kept.checked_at, "since": kept.since,
        "zh": kept.words.zh, "en": kept.words.en, "answers": kept.answers, "ms": kept.duration_ms,
    }  # fmt: skip
    connection.execute(_sql()["keep"], given)
    if changed:
        facts = {"status": kept.status, "before": before[0] if before else None, "seen": kept.words.zh}
        evidence.write(connection, "governance:duty:judged", kept.row, facts, kept.checked_at, new_id)
    return kept


def _keep_round(connection: Connection, made: Round) -> None:
    counts = {status: made.count(status) for status in ("holds", "broken", "not_yet")}
    given = {"id": made.id, "at": made.started_at, "ms": made.duration_ms, **counts}
    connection.execute(_sql()["keep_round"], given)
    connection.execute(_sql()["forget"], {"before": made.started_at - KEPT_FOR})


def rows(connection: Connection, packs: Sequence[LawPack], authority: str | None, zone: ZoneInfo) -> list[Row]:
    """List all duties of some packs with their last results.

    Args:
        connection: Any transaction.
        packs: The packs.
        authority: Data authority of the city, which answers where nobody else does.
        zone: Zone of the city, for due days.

    """
    known: dict[str, Result] = {}
    for pack, row, status, at, since, zh, en, answers, ms in connection.execute(_sql()["newest"]).fetchall():
        known[row] = Result(pack, row, status, at, since, Name(zh=zh, en=en), answers, ms)
    made = []
    for pack in packs:
        for article, duty in pack.duties():
            result = known.get(duty.id) if duty.binding == "bound" else None
            broken = result is not None and result.status == "broken"
            answers = (result.answers or authority) if broken and result is not None else None
            due = _due(result.since, zone) if broken and result is not None else None
            made.append(Row(pack, article, duty, result, answers, due))
    return made


def _due(since: datetime, zone: ZoneInfo) -> date:
    return add_working_days(city_day(since, zone), DAYS_TO_MEND).day


def last_round(connection: Connection) -> tuple[datetime, int] | None:
    """Return when the newest round began and how long it took, in milliseconds.

    Args:
        connection: Any transaction.

    """
    row = connection.execute(_sql()["last_round"]).fetchone()
    return (row[0], row[1]) if row else None


def broken_rows(connection: Connection, before: datetime) -> frozenset[str]:
    """Return the rows that were seen broken and not looked at again since.

    Args:
        connection: Any transaction.
        before: Only those whose newest result is older than this.

    """
    newest = connection.execute(_sql()["newest"]).fetchall()
    return frozenset(row for _, row, status, at, *_ in newest if status == "broken" and at < before)


def claim_round(connection: Connection) -> bool:
    """Take the turn for a round; held until the transaction ends.

    Args:
        connection: A transaction of its own.

    Returns:
        False when another process is at it.

    """
    row = connection.execute(_sql()["claim"]).fetchone()
    return bool(row and row[0])


def plain_row(row: Row, language: Language) -> Mapping[str, object]:
    """Lay a row out for JSON.

    Args:
        row: Any row.
        language: Language of its words.

    """
    result = row.result
    return {
        "id": row.duty.id,
        "law": row.pack.pack,
        "article": row.article.article,
        "paragraph": row.duty.paragraph,
        "status": row.status,
        "checked_at": result.checked_at.isoformat() if result else None,
        "evidence": row.evidence(language),
        "duty": {"zh": row.duty.duty.zh, "en": row.duty.duty.en},
        "note": row.duty.note.said(language) if row.duty.note else None,
        "checks": [check.model_dump(exclude_defaults=True) for check in row.duty.checks],
        "sabotage": row.duty.sabotages[0] if row.duty.sabotages else None,
        "answers": row.answers,
        "since": result.since.isoformat() if result else None,
        "due": row.due.isoformat() if row.due else None,
        "duration_ms": result.duration_ms if result else None,
    }


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.governance", "compliance")
