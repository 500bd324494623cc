"""Structured logs without personal data: events named ``room.verb`` with fields."""

import logging
import sys
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
            structlog.processors.format_exc_info,
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
