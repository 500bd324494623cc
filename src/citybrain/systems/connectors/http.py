"""Services that are asked at an interval, with what they answered turned into the same delivery as a file."""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import quote

import httpx
import polars as pl

from citybrain.city.contract import Contract
from citybrain.city.system import FilesFrom, HttpFrom, Source
from citybrain.kernel.errors import BatchRefused, CityBrainError, Unavailable, WrongUse
from citybrain.systems.connectors.deliveries import Delivery, Part
from citybrain.systems.connectors.files import cut
from citybrain.systems.connectors.mapping import Mapping as RowMapping
from citybrain.systems.connectors.records import Piece, pieces_of

ATTEMPTS = 4
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_SECRET = "env:"  # noqa: S105  marks where a secret is to be found, and is none
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class ServiceRefused(CityBrainError):
    """A service answered, and the answer is no; asking again at once will not help."""

    http_status = 502


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known from asking before.

    Attributes:
        cursor: Largest value of the cursor column seen.
        etag: Mark of the last answer.
        modified: Its ``Last-Modified``.

    """

    cursor: str | None = None
    etag: str | None = None
    modified: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered.

    Attributes:
        delivery: Its rows; none when nothing has changed since last time.
        next: What to remember once the delivery is safely in.

    """

    delivery: Delivery | None
    next: Asked


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient and how trusting one question is.

    Attributes:
        body_bytes: Longest answer read, in bytes.
        pause: Waits so many seconds between two attempts.

    """

    body_bytes: int = 268_435_456
    pause: Callable[[float], None] = time.sleep


def ask(
    source: Source, contract: Contract, before: Asked, client: httpx.Client, secrets: Mapping[str, str], limits: Limits
) -> Answer:
    """Ask a service once, with a few attempts when it is away.

    Args:
        source: A source whose ``from`` is ``http``.
        contract: The contract it feeds.
        before: What is known from asking before.
        client: Carries the request; it must not follow redirects.
        secrets: Values for headers written as ``env:NAME``.
        limits: How patient and how trusting.

    Returns:
        The delivery, or none when nothing has changed.

    Raises:
        WrongUse: The source is no HTTP source, or a header's secret is not set.
        Unavailable: The service is away or overloaded, after several attempts.
        ServiceRefused: The service says no, redirects elsewhere, or answers more than is read.

    Source:
        Hangzhou art. 9 (systems connect to the hub).

    """
    how = source.from_
    if not isinstance(how, HttpFrom):
        raise WrongUse("systems.not_an_http_source", source=source.ref)
    url = how.url.replace("{cursor}", quote(before.cursor or "", safe=""))
    headers = _headers(how, before, secrets)
    response, body = _attempts(source, client, url, headers, how, limits)
    if response.status_code == httpx.codes.NOT_MODIFIED:
        return Answer(None, before)
    seen = Asked(before.cursor, response.headers.get("etag"), response.headers.get("last-modified"))
    return _answer(source, contract, how, body, seen)


def _headers(how: HttpFrom, before: Asked, secrets: Mapping[str, str]) -> dict[str, str]:
    headers: dict[str, str] = {"accept-encoding": "gzip, deflate"}
    for name, value in how.headers.items():
        if value.startswith(_SECRET):
            key = value.removeprefix(_SECRET)
            if key not in secrets:
                raise WrongUse("systems.secret_missing", name=key)
            headers[name] = secrets[key]
        else:
            headers[name] = value
    if before.etag is not None:
        headers["if-none-match"] = before.etag
    if before.modified is not None:
        headers["if-modified-since"] = before.modified
    return headers


def _attempts(
    source: Source, client: httpx.Client, url: str, headers: Mapping[str, str], how: HttpFrom, limits: Limits
) -> tuple[httpx.Response, bytes]:
    problem = ""
    for attempt in range(ATTEMPTS):
        wait = _FIRST_PAUSE_S * 2**attempt
        try:
            with client.stream("GET", url, headers=headers, timeout=how.timeout.total_seconds()) as response:
                if response.status_code in _AGAIN:
                    problem = str(response.status_code)
                    wait = _retry_after(response) or wait
                elif response.status_code in {httpx.codes.OK, httpx.codes.NOT_MODIFIED}:
                    return response, _body(source, response, limits.body_bytes)
                else:
                    raise ServiceRefused("systems.service_refused", source=source.ref, status=response.status_code)
        except httpx.HTTPError as error:
            problem = type(error).__name__
        except httpx.InvalidURL:
            raise WrongUse("systems.address_wrong", source=source.ref) from None
        if attempt < ATTEMPTS - 1:
            limits.pause(min(wait, _LONGEST_PAUSE_S))
    raise Unavailable("systems.service_away", source=source.ref, attempts=ATTEMPTS, problem=problem)


def _retry_after(response: httpx.Response) -> float | None:
    told = response.headers.get("retry-after", "")
    return float(told) if told.isascii() and told.isdigit() else None


def _body(source: Source, response: httpx.Response, most: int) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > most:
            raise ServiceRefused("systems.answer_too_large", source=source.ref, limit_bytes=most)
    return bytes(body)


def _answer(source: Source, contract: Contract, how: HttpFrom, body: bytes, seen: Asked) -> Answer:
    layout = FilesFrom(connector="files", path="answer", format=how.format, encoding=how.encoding, records=how.records)
    mapping = RowMapping(source, contract, lenient=how.format in {"json", "ndjson"})
    digest = hashlib.sha256(body + source.model_dump_json(include={"rows", "tables", "only"}).encode()).hexdigest()
    name = str(httpx.URL(how.url).copy_with(query=None, userinfo=b""))

    def raw(most_rows: int) -> Iterator[Piece]:
        return pieces_of(BytesIO(body), layout, most_rows, name)

    def parts(batch_rows: int) -> Iterator[Part]:
        return cut((mapping.apply(piece) for piece in raw(batch_rows)), batch_rows)

    try:
        cursor = _largest(raw(100_000), how.cursor, seen.cursor) if how.cursor else None
        first = next(raw(1), None)
        unused = mapping.check(first.frame.columns) if first is not None else ()
    except BatchRefused as refused:
        return Answer(Delivery(source.ref, contract.ref, name, digest, len(body), lambda _: iter(()), refused), seen)
    delivery = Delivery(source.ref, contract.ref, name, digest, len(body), parts, unused=unused)
    return Answer(delivery, Asked(cursor, seen.etag, seen.modified))


def _largest(found: Iterator[Piece], column: str, before: str | None) -> str | None:
    """Return the largest value of the cursor column, as number where all are numbers, else as text."""
    values = [before] if before is not None else []
    for piece in found:
        if column in piece.frame.columns and piece.frame.height:
            texts = piece.frame.get_column(column).drop_nulls()
            numbers = texts.cast(pl.Float64, strict=False)
            if texts.len():
                at = numbers.arg_max() if numbers.null_count() == 0 else texts.rank("ordinal").arg_max()
                values.append(str(texts[at or 0]))
    try:
        return max(values, key=float, default=None)
    except ValueError:
        return max(values, default=None)
