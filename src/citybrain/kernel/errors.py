"""Errors as product: a stable code, named parameters, the article, and what to do next.

The words live in ``citybrain/words`` and are put in at the edge by :mod:`citybrain.kernel.messages`.
"""

from typing import Any, ClassVar


class CityBrainError(Exception):
    """Something a person or a calling system can do something about.

    Attributes:
        code: ``room.what``, stable for ever.
        params: The values the words need; never a secret, never a personal value.

    """

    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False

    def __init__(self, code: str, /, **params: Any) -> None:
        """Name what happened.

        Args:
            code: ``room.what``.
            **params: Values for the words of this code.

        """
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        """Return the code and its parameters, for logs and tests."""
        inner = ", ".join(f"{key}={value!r}" for key, value in self.params.items())
        return f"{self.code}({inner})"


class WrongUse(CityBrainError):
    """The caller asked in a way that cannot be understood."""

    http_status = 400
    exit_code = 2


class DeclarationWrong(CityBrainError):
    """A city folder has findings; ``params['findings']`` lists all of them."""

    http_status = 422


class NotAuthenticated(CityBrainError):
    """Nobody known is asking."""

    http_status = 401


class AccessRefused(CityBrainError):
    """Who asks is known and may not."""

    http_status = 403


class NotKnown(CityBrainError):
    """No such thing; near names are offered where there are any."""

    http_status = 404


class Conflicting(CityBrainError):
    """What is asked contradicts what is already so."""

    http_status = 409


class PlanStale(Conflicting):
    """The city has moved on since the plan was made."""


class TooLarge(CityBrainError):
    """More than one request may carry."""

    http_status = 413


class BatchRefused(CityBrainError):
    """A batch as a whole cannot be admitted; bad rows alone never raise this."""

    http_status = 422


class TooOften(CityBrainError):
    """Asked more often than agreed; trying again later is right."""

    http_status = 429
    retryable = True


class Unavailable(CityBrainError):
    """Not now; trying again later is right."""

    http_status = 503
    retryable = True


class IntegrityBroken(CityBrainError):
    """Stored truth contradicts itself: somebody has to look at once."""

    http_status = 500
