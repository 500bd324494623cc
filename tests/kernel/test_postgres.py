"""A command is one transaction; what went wrong outside is said as such and can be tried again."""

import threading
from collections.abc import Iterator

import psycopg
import pytest

from citybrain.kernel.errors import Unavailable
from citybrain.kernel.postgres import Database, retrying


@pytest.fixture
def table(database: Database) -> Iterator[Database]:
    with database.transaction() as connection:
        connection.execute("CREATE TABLE note (n integer PRIMARY KEY, text text)")
    return database


def _notes(database: Database) -> list[tuple[int, str]]:
    with database.reading() as connection:
        return [(row[0], row[1]) for row in connection.execute("SELECT n, text FROM note ORDER BY n")]


def test_a_clean_exit_commits_and_an_exception_rolls_back(table: Database) -> None:
    with table.transaction() as connection:
        connection.execute("INSERT INTO note VALUES (1, 'kept')")
    with pytest.raises(RuntimeError, match="stop"), table.transaction() as connection:
        connection.execute("INSERT INTO note VALUES (2, 'lost')")
        raise RuntimeError("stop")
    assert _notes(table) == [(1, "kept")]


def test_a_reading_cannot_write_and_does_not_see_what_came_after_it_began(table: Database) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), table.reading() as connection:
        connection.execute("INSERT INTO note VALUES (1, 'no')")
    with table.reading() as reading:
        assert reading.execute("SELECT count(*) FROM note").fetchone() == (0,)
        with table.transaction() as connection:
            connection.execute("INSERT INTO note VALUES (1, 'later')")
        assert reading.execute("SELECT count(*) FROM note").fetchone() == (0,)
    assert _notes(table) == [(1, "later")]


def test_a_connection_the_server_closed_is_replaced_before_anybody_notices(table: Database) -> None:
    with table.transaction() as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
    with table.alone() as other:
        other.execute("SELECT pg_terminate_backend(%s)", [row[0]])
    with table.transaction() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_connection_lost_in_the_middle_is_unavailable_and_may_be_retried(table: Database) -> None:
    with pytest.raises(Unavailable, match="kernel.database_unavailable") as caught, table.transaction() as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        with table.alone() as other:
            other.execute("SELECT pg_terminate_backend(%s)", [row[0]])
        connection.execute("SELECT 1")
    assert caught.value.retryable
    assert caught.value.http_status == 503


def test_an_address_where_nobody_listens_is_unavailable() -> None:
    with (
        Database("postgresql://citybrain@127.0.0.1:1/none", patience_s=0.2) as database,
        pytest.raises(Unavailable, match="kernel.database_unavailable"),
        database.transaction(),
    ):
        pass


def test_a_query_that_is_too_slow_is_unavailable(table: Database) -> None:
    with pytest.raises(Unavailable, match="kernel.database_too_slow"), table.transaction() as connection:
        connection.execute("SET LOCAL statement_timeout = 20")
        connection.execute("SELECT pg_sleep(5)")


def test_a_mistake_in_the_data_stays_what_it_is(table: Database) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation), table.transaction() as connection:
        connection.execute("INSERT INTO note VALUES (1, 'a'), (1, 'b')")


def test_two_writers_in_each_others_way_both_get_through(table: Database) -> None:
    with table.transaction() as connection:
        connection.execute("INSERT INTO note VALUES (1, '0')")
    together = threading.Barrier(2, timeout=10)
    met = threading.local()
    failures: list[BaseException] = []

    def add_one() -> None:
        with table.transaction() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
            row = connection.execute("SELECT text FROM note WHERE n = 1").fetchone()
            assert row is not None
            if not getattr(met, "once", False):
                met.once = True
                together.wait()
            connection.execute("UPDATE note SET text = %s WHERE n = 1", [str(int(row[0]) + 1)])

    def run() -> None:
        try:
            retrying(add_one)
        except BaseException as error:
            failures.append(error)

    writers = [threading.Thread(target=run) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(20)
    assert failures == []
    assert _notes(table) == [(1, "2")]


def test_contention_without_end_is_unavailable_after_three_attempts() -> None:
    tried: list[int] = []
    waited: list[float] = []

    def command() -> None:
        tried.append(1)
        raise psycopg.errors.SerializationFailure

    with pytest.raises(Unavailable, match="kernel.too_much_contention"):
        retrying(command, sleep=waited.append)
    assert len(tried) == 3
    assert len(waited) == 2


def test_a_notification_is_heard_and_silence_gives_the_listener_its_turn(table: Database) -> None:
    ears = table.listen("city", timeout_s=0.05)
    assert next(ears) is None
    with table.transaction() as connection:
        connection.execute("SELECT pg_notify('city', 'revision 2')")
    heard = next(item for item in ears if item is not None)
    assert (heard.channel, heard.payload) == ("city", "revision 2")
    assert next(ears) is None
    ears.close()  # type: ignore[attr-defined]  # a generator
