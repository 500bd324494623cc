"""One process's connections to PostgreSQL: transactions, readings and notifications."""

import random
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias, TypeVar

import psycopg
from psycopg import errors as refused
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier
from psycopg_pool import ConnectionPool, PoolTimeout

from citybrain.kernel.errors import Unavailable, WrongUse

T = TypeVar("T")
Connection: TypeAlias = psycopg.Connection[TupleRow]

_CONTENTION: Final = (refused.SerializationFailure, refused.DeadlockDetected)
_TOO_SLOW: Final = (refused.QueryCanceled, refused.LockNotAvailable, refused.IdleInTransactionSessionTimeout)
_UNWRITABLE: Final = ("NUL", "surrogates")  # what psycopg refuses to send: no text of PostgreSQL can hold it
_OPTIONS: Final = "-c timezone=UTC -c client_encoding=UTF8"


class Database:
    """A pool of connections to one database; the only way rooms reach PostgreSQL.

    Examples:
        A command is one transaction, opened at the edge::

            with database.transaction() as connection:
                connection.execute("INSERT ...")

    """

    def __init__(self, url: str, *, min_size: int = 1, max_size: int = 8, patience_s: float = 5.0) -> None:
        """Open the pool; connections come up in the background.

        Args:
            url: A libpq address.
            min_size: Connections kept open.
            max_size: Most connections at once.
            patience_s: How long a caller waits for a connection before it is told to try later, in seconds.

        """
        self._url = url
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            connection_class=psycopg.Connection[TupleRow],
            kwargs={"options": _OPTIONS, "autocommit": False, "application_name": "citybrain"},
            min_size=min_size,
            max_size=max_size,
            timeout=patience_s,
            reconnect_timeout=patience_s,
            check=_check,
            open=True,
        )

    @property
    def url(self) -> str:
        """Return the address this pool leads to."""
        return self._url

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open one transaction: committed on a clean exit, rolled back on any exception.

        Yields:
            A connection with tuple rows; a query may choose another row form with its own cursor.

        Raises:
            Unavailable: The database is away, full or too slow; nothing was committed, or (only when the
                connection broke during the commit itself) it is unknown, hence idempotency keys.
            WrongUse: A text holds a NUL or half a character, which cannot be stored or looked for.

        """
        with _told(), self._pool.connection() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open one read-only transaction in which everything is seen as of its first statement.

        Yields:
            A connection that cannot write.

        Raises:
            Unavailable: The database is away or too slow.

        """
        with _told(), self._pool.connection() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield connection

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """Open a connection of its own, outside the pool and in autocommit, for session locks and the like.

        Yields:
            A connection that is closed at the end.

        Raises:
            Unavailable: The database is away.

        """
        with _told(), psycopg.connect(self._url, autocommit=True, options=_OPTIONS, connect_timeout=5) as connection:
            yield connection

    def listen(self, *channels: str, timeout_s: float) -> Iterator[psycopg.Notify | None]:
        """Listen to notifications on a connection of its own.

        Args:
            *channels: Names of the channels.
            timeout_s: How long to wait for one before the caller gets its turn, in seconds.

        Yields:
            Each notification as it comes, and nothing (``None``) once at the start, when the ears are open,
            and whenever the time is over: the moment to look at the truth in the tables and to stop.

        Raises:
            Unavailable: The connection broke; listen again and look at the tables, notifications were lost.

        """
        with self.alone() as connection:
            for channel in channels:
                connection.execute(SQL("LISTEN {}").format(Identifier(channel)))
            yield None
            while True:
                heard = False
                for notification in connection.notifies(timeout=timeout_s, stop_after=1):
                    heard = True
                    yield notification
                if not heard:
                    yield None

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def __enter__(self) -> "Database":
        """Return the database itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self.close()


def retrying(command: Callable[[], T], *, attempts: int = 3, sleep: Callable[[float], None] = time.sleep) -> T:
    """Run a command again when PostgreSQL refused it only because others wrote at the same time.

    Args:
        command: One whole transaction, safe to run again; it must carry an idempotency key if it changes things.
        attempts: How often to try in all.
        sleep: How to wait in between, in seconds.

    Returns:
        What the command returned.

    Raises:
        Unavailable: It was refused every time.

    """
    for attempt in range(1, attempts + 1):
        try:
            return command()
        except _CONTENTION as error:
            if attempt == attempts:
                raise Unavailable("kernel.too_much_contention", attempts=attempts) from error
            sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311 - spreading load, not a secret
    raise AssertionError  # attempts is at least one


@contextmanager
def _told() -> Iterator[None]:
    """Say in our words that the database is not there; leave bugs and contention as they are."""
    try:
        yield
    except _CONTENTION:
        raise
    except PoolTimeout as error:
        raise Unavailable("kernel.database_unavailable") from error
    except refused.DiskFull as error:
        raise Unavailable("kernel.disk_full") from error
    except _TOO_SLOW as error:
        raise Unavailable("kernel.database_too_slow") from error
    except psycopg.OperationalError as error:
        raise Unavailable("kernel.database_unavailable") from error
    except (psycopg.DataError, UnicodeEncodeError) as error:
        if getattr(error, "sqlstate", None) is not None or not any(mark in str(error) for mark in _UNWRITABLE):
            raise
        raise WrongUse("kernel.text_not_writable") from None


def _check(connection: Connection) -> None:
    """Refuse a pooled connection that the server has closed; costs a system call, not a round trip."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    if poll.poll(0):  # something came unasked: a farewell, a notice, or the end
        ConnectionPool.check_connection(connection)
