"""Structured logs without personal data: events named ``room.verb`` with fields."""

import logging
import sys
import traceback
from typing import Generic, TypeVar

import structlog

T = TypeVar("T")


class Personal(Generic[T]):
    """A value about a person; it prints as ``•••`` and must be opened on purpose.

    Examples:
        >>> Personal("13800000000")
        •••
        >>> f"{Personal('张三')}"
        '•••'
        >>> Personal("x").open()
        'x'

    """

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        """Close a value.

        Args:
            value: What must not be printed.

        """
        self._value = value

    def open(self) -> T:
        """Return the value for the one purpose it is needed for."""
        return self._value

    def __repr__(self) -> str:
        """Return a mask, never the value."""
        return "•••"

    __str__ = __repr__


def without_values(
    _: structlog.typing.WrappedLogger, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Write where an exception happened and of what kind it is, never what it says: messages quote the data.

    Args:
        event: Fields of a log line; ``exc_info`` becomes ``exception``.

    Returns:
        The fields to write.

    """
    told = event.pop("exc_info", None)
    error = told[1] if isinstance(told, tuple) else (sys.exc_info()[1] if told is True else told)
    lines: list[str] = []
    while isinstance(error, BaseException):
        kind = f"{type(error).__module__}.{type(error).__qualname__}"
        known = getattr(error, "code", None) or getattr(error, "sqlstate", None)
        lines.append("".join(traceback.format_tb(error.__traceback__)) + kind + (f" ({known})" if known else ""))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if lines:
        event["exception"] = "\nafter\n".join(lines)
    return event


def start_logging(form: str, level: str) -> None:
    """Begin to write log lines to standard error.

    Args:
        form: ``json`` for one object a line, ``text`` for reading at a terminal.
        level: The least level written.

    """
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json" else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_values,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def logger() -> structlog.stdlib.BoundLogger:
    """Return a logger; call it with an event name and fields, never with a formatted sentence."""
    bound: structlog.stdlib.BoundLogger = structlog.get_logger()
    return bound
