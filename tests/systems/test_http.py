"""A service is asked politely: only for what is new, again when it is away, and its answers are read as declared."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from citybrain.city.whole import City
from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import Unavailable, WrongUse
from citybrain.kernel.postgres import Database
from citybrain.systems.connectors.http import Answer, Asked, Limits, ServiceRefused, ask
from citybrain.systems.polling import Poller, polls
from citybrain.systems.registry import Folders
from tests.systems.conftest import Delivering

ROWS = {"slot_start": "time(ts)", "station": "concat('S', id)", "entries": "integer(n)", "exits": "integer(n)"}
BODY = (
    b'{"data": {"items": [{"ts": "2026-11-20 08:15", "id": 3, "n": 9}, {"ts": "2026-11-20 08:15", "id": 10, "n": 1}]}}'
)


class Service:
    """A small service that answers as told and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.asked.append((self.path, {key.lower(): value for key, value in self.headers.items()}))
                status, headers, body = service.answers.pop(0) if len(service.answers) > 1 else service.answers[0]
                self.send_response(status)
                for name, value in ({"content-length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/flow?after={{cursor}}"


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.server.shutdown()
    made.server.server_close()


def _city(declare: Callable[..., City], url: str, **more: Any) -> City:
    how = {"connector": "http", "url": url, "every": "5min", "records": "data.items", "cursor": "id"} | more
    return declare(**{"from": how, "rows": ROWS})


def _ask(
    city: City, before: Asked | None = None, pauses: list[float] | None = None, body_bytes: int = 10_000
) -> Answer:
    source = city.sources["source:metro/test"]
    limits = Limits(body_bytes, (pauses if pauses is not None else []).append)
    with httpx.Client(trust_env=False) as client:
        return ask(source, city.contracts[source.feeds], before or Asked(), client, {"TOKEN": "geheim"}, limits)


def test_an_answer_becomes_rows_and_the_largest_cursor_is_remembered(
    declare: Callable[..., City], service: Service
) -> None:
    service.answers = [(200, {"etag": '"1"'}, BODY)]
    answer = _ask(_city(declare, service.url), Asked(cursor="a&b"))
    assert answer.delivery is not None
    (part,) = answer.delivery.parts(100)
    assert part.parsed.frame["station"].to_list() == ["S3", "S10"]
    assert (answer.next.cursor, answer.next.etag) == ("a&b", '"1"')
    assert service.asked[0][0] == "/flow?after=a%26b"
    assert _ask(_city(declare, service.url), Asked(cursor="7")).next.cursor == "10"


def test_what_has_not_changed_is_not_read_again(declare: Callable[..., City], service: Service) -> None:
    service.answers = [(304, {}, b"")]
    answer = _ask(_city(declare, service.url), Asked("10", '"1"', "Fri, 20 Nov 2026 04:00:00 GMT"))
    assert answer.delivery is None
    assert answer.next.cursor == "10"
    assert service.asked[0][1]["if-none-match"] == '"1"'
    assert service.asked[0][1]["if-modified-since"].startswith("Fri")


def test_a_service_that_is_away_is_asked_again_with_growing_pauses(
    declare: Callable[..., City], service: Service
) -> None:
    service.answers = [(503, {}, b""), (429, {"retry-after": "7"}, b""), (200, {}, BODY)]
    pauses: list[float] = []
    assert _ask(_city(declare, service.url), pauses=pauses).delivery is not None
    assert pauses == [0.5, 7.0]
    service.answers = [(500, {}, b"")]
    with pytest.raises(Unavailable, match="systems.service_away") as away:
        _ask(_city(declare, service.url), pauses=pauses)
    assert away.value.params["problem"] == "500"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((403, {}, b""), "systems.service_refused"),
        ((302, {"location": "http://127.0.0.1:1/"}, b""), "systems.service_refused"),
        ((200, {}, b"x" * 20_000), "systems.answer_too_large"),
    ],
)
def test_no_is_no_and_is_not_asked_again(
    declare: Callable[..., City], service: Service, answer: tuple[int, dict[str, str], bytes], code: str
) -> None:
    service.answers = [answer]
    with pytest.raises(ServiceRefused) as refused:
        _ask(_city(declare, service.url))
    assert refused.value.code == code
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<html>login</html>", "systems.json_unreadable"),
        (b'{"data": []}', "systems.records_missing"),
        ('{"data": {"items": []}}'.encode("utf-16"), "systems.encoding_differs"),
    ],
)
def test_an_answer_that_cannot_be_read_is_a_refused_delivery(
    declare: Callable[..., City], service: Service, body: bytes, code: str
) -> None:
    service.answers = [(200, {}, body)]
    delivery = _ask(_city(declare, service.url)).delivery
    assert delivery is not None
    assert delivery.refused is not None
    assert delivery.refused.code == code


def test_a_secret_comes_from_outside_and_is_never_in_an_error(declare: Callable[..., City], service: Service) -> None:
    service.answers = [(200, {}, BODY)]
    _ask(_city(declare, service.url, headers={"Authorization": "env:TOKEN"}))
    assert service.asked[0][1]["authorization"] == "geheim"
    with pytest.raises(WrongUse, match="systems.secret_missing") as missing:
        _ask(_city(declare, service.url, headers={"Authorization": "env:OTHER"}))
    assert "geheim" not in str(missing.value)


def test_a_source_in_trouble_waits_longer_and_keeps_its_reason(
    declare: Callable[..., City],
    service: Service,
    delivering: Delivering,
    folders: Folders,
    database: Database,
    clock: SetClock,
) -> None:
    city = _city(declare, service.url)
    poller = Poller(database, delivering(city), folders, clock, Limits(10_000, lambda _: None))
    service.answers = [(500, {}, b"")]
    assert poller.poll_due(city) == []
    assert poller.due(city) == []
    clock.advance(timedelta(seconds=5))
    assert poller.poll_due(city) == []
    with database.reading() as connection:
        poll = polls(connection)["source:metro/test"]
    assert poll.error is not None
    assert (poll.failures, poll.error[0]) == (2, "systems.service_away")
    assert poll.next_at == clock.now() + timedelta(seconds=10)
    service.answers = [(200, {}, BODY)]
    clock.advance(timedelta(seconds=10))
    (receipt,) = poller.poll_due(city)
    assert receipt.accepted == 2
    clock.advance(timedelta(minutes=5))
    assert poller.poll_due(city) == []  # the same answer again is the same delivery
    with database.reading() as connection:
        poll = polls(connection)["source:metro/test"]
    assert (poll.failures, poll.error, poll.position) == (0, None, "10")
