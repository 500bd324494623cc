"""Alerts: a threshold that stays broken changes the state; a flicker does not (Hangzhou art. 10 跟踪、预测、研判)."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from citybrain.city.expression import Expression
from citybrain.city.indicator import Indicator
from citybrain.city.whole import City
from citybrain.insight.values import STEP, promise, shown_grain, usual
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence


@dataclass(frozen=True, slots=True)
class Alert:
    """A threshold that is broken, for one indicator and key.

    Attributes:
        value, usual: At the newest period.
        worst: Highest value while it was open.

    """

    id: UUID
    indicator: str
    split: str
    key: str
    state: str
    opened_at: datetime
    bucket: datetime
    value: float
    usual: float | None
    worst: float
    closed_at: datetime | None


def judge_states(connection: Connection, city: City, indicator: Indicator, now: datetime, new_id: NewId) -> list[Alert]:
    """Judge the newest period against the thresholds and open or close alerts.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        indicator: An indicator whose values were refreshed.
        now: Present instant; a period that is already late opens nothing.
        new_id: Source of identifiers.

    Returns:
        The alerts that were opened by this call.

    """
    limits = indicator.thresholds
    if limits.warning is None and limits.alarm is None:
        return []
    split = limits.by or ""
    grain = indicator.time.grain if split or "usual" in _names(indicator) else shown_grain(indicator)
    oldest = _oldest(city, indicator, grain, now)
    given = {"indicator": indicator.ref, "grain": grain, "split": split, "now": now, "oldest": oldest}
    opened: list[Alert] = []
    for key, bucket, value in connection.execute(
        statements("citybrain.insight", "alerts")["newest_by_key"], given
    ).fetchall():
        if value is None:
            continue
        normal = None
        if "usual" in _names(indicator):
            normal = usual(connection, indicator, grain, bucket, city.zone, split, key)
        found = _judge_key(connection, city, indicator, (split, key, bucket, value, normal), now, new_id)
        opened += [found] if found else []
    return opened


def _names(indicator: Indicator) -> frozenset[str]:
    names: frozenset[str] = frozenset()
    for item in (indicator.thresholds.warning, indicator.thresholds.alarm):
        names |= item.names() if item else frozenset()
    return names


def _oldest(city: City, indicator: Indicator, grain: str, now: datetime) -> datetime | None:
    """Return the beginning of the oldest period that may still open an alert; none where nothing is promised."""
    promised = promise(city, indicator)
    if grain == "all" or promised is None:
        return None
    step = STEP[grain]
    return now - step - max(2 * promised, step)


def wanted_state(indicator: Indicator, value: float, normal: float | None) -> str:
    """Tell which state a value asks for.

    Args:
        indicator: With its thresholds.
        value: The value.
        normal: What is usual at this time; a threshold that needs it is not judged without.

    """
    limits = indicator.thresholds
    if limits.at_least is not None and value < limits.at_least:
        return "normal"
    known: dict[str, float] = {"value": value} | ({} if normal is None else {"usual": normal})
    for state, condition in (("alarm", limits.alarm), ("warning", limits.warning)):
        if condition is not None and condition.names() <= known.keys() and holds(condition, known):
            return state
    return "normal"


def holds(condition: Expression, known: Mapping[str, float]) -> bool:
    """Evaluate a threshold.

    Args:
        condition: A comparison over ``value`` and ``usual``.
        known: Their values.

    Examples:
        >>> holds(Expression("value > 1.5 * usual"), {"value": 4.0, "usual": 2.0})
        True

    """
    return bool(_evaluate(condition.tree(), known))


def _evaluate(node: ast.expr, known: Mapping[str, float]) -> float | bool:
    match node:
        case ast.Constant(value=bool() | int() | float() as value):
            return value
        case ast.Name(id=name):
            return known[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_evaluate(inner, known)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return not _evaluate(inner, known)
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_evaluate(value, known) for value in values)
        case ast.BoolOp(values=values):
            return any(_evaluate(value, known) for value in values)
        case ast.BinOp(left=left, op=sign, right=right):
            return _calculate(sign, _evaluate(left, known), _evaluate(right, known))
        case ast.Compare(left=left, ops=[sign], comparators=[right]):
            return _compare(sign, _evaluate(left, known), _evaluate(right, known))
    return False


def _calculate(sign: ast.operator, left: float, right: float) -> float:
    match sign:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div() if right:
            return left / right
    return 0.0


def _compare(sign: ast.cmpop, left: float, right: float) -> bool:
    match sign:
        case ast.Gt():
            return left > right
        case ast.GtE():
            return left >= right
        case ast.Lt():
            return left < right
        case ast.LtE():
            return left <= right
    return left == right


def _judge_key(
    connection: Connection,
    city: City,
    indicator: Indicator,
    seen: tuple[str, str, datetime, float, float | None],
    now: datetime,
    new_id: NewId,
) -> Alert | None:
    sql = statements("citybrain.insight", "alerts")
    split, key, bucket, value, normal = seen
    where = {"indicator": indicator.ref, "split": split, "key": key}
    before = connection.execute(sql["state"], where).fetchone() or ("normal", now, None, "normal", 0)
    state, since, judged, pending, periods = before
    wanted = wanted_state(indicator, value, normal)
    if judged != bucket or wanted != pending:
        periods = periods + 1 if wanted == pending and judged != bucket else (1 if wanted != pending else periods)
    changes = wanted != state and (periods >= indicator.thresholds.hold_periods or wanted == "normal")
    kept = {**where, "state": wanted if changes else state, "since": now if changes else since, "bucket": bucket}
    connection.execute(
        sql["keep_state"], {**kept, "value": value, "usual": normal, "pending": wanted, "periods": periods}
    )
    if not changes and not (state != "normal" and judged != bucket):
        return None
    if kept["state"] == "normal":
        connection.execute(sql["close"], {**where, "at": now})
        return None
    return _open(connection, city, indicator, seen, str(kept["state"]), now, new_id)


def _open(
    connection: Connection,
    city: City,
    indicator: Indicator,
    seen: tuple[str, str, datetime, float, float | None],
    state: str,
    now: datetime,
    new_id: NewId,
) -> Alert | None:
    split, key, bucket, value, normal = seen
    given = {
        "id": new_id(),
        "indicator": indicator.ref,
        "split": split,
        "key": key,
        "state": state,
        "at": now,
        "bucket": bucket,
        "value": value,
        "usual": normal,
        "revision": city.revision,
    }
    row = connection.execute(statements("citybrain.insight", "alerts")["open"], given).fetchone()
    if row is None or not row[1]:
        return None
    facts = {"indicator": indicator.ref, "key": key, "state": state, "value": value, "usual": normal, "bucket": bucket}
    evidence.write(connection, "insight:alert:opened", str(row[0]), facts, now, new_id)
    return Alert(row[0], indicator.ref, split, key, state, now, bucket, value, normal, value, None)


def listed(
    connection: Connection, *, open_only: bool | None = None, indicator: str | None = None, limit: int = 100
) -> list[Alert]:
    """List alerts, open ones first.

    Args:
        connection: Any transaction.
        open_only: True for open, False for closed, none for all.
        indicator: Only this indicator's.
        limit: Most alerts.

    """
    given = {"open": open_only, "indicator": indicator, "limit": limit}
    rows = connection.execute(statements("citybrain.insight", "alerts")["listed"], given).fetchall()
    return [Alert(*row) for row in rows]
