"""Batches in over HTTP: ``POST /api/v1/contracts/{department}/{resource}/batches`` (Hangzhou art. 8, 9)."""

from io import BytesIO
from typing import Any

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.params import FromPath

from citybrain.blueprint.instance import Instance
from citybrain.city.contract import Contract
from citybrain.city.names import near
from citybrain.hub import credentials
from citybrain.hub.formats import MEDIA_TYPES, Layout
from citybrain.hub.gate import Parcel, digest
from citybrain.hub.receipt import Receipt, as_plain
from citybrain.kernel.errors import BatchRefused, NotAuthenticated, NotKnown, TooLarge, WrongUse
from citybrain.web.entrance import Entrance
from citybrain.web.problems import dumps

KEY_CHARACTERS = 200


@post("/api/v1/contracts/{department:str}/{resource:str}/batches", status_code=201)
async def admit(
    department: FromPath[str], resource: FromPath[str], request: Request[Any, Any, State]
) -> Response[bytes]:
    """Take a batch in and answer with its receipt.

    The content type decides the format: NDJSON, JSON, CSV, Arrow IPC or Parquet. ``Idempotency-Key`` makes a repeated
    delivery count once. 201 for an admitted batch, 200 for a repeated one, 422 with the receipt for a refused one.
    """
    instance: Instance = request.app.state.instance
    entrance: Entrance = request.app.state.entrance
    secret = bearer(request.headers.get("authorization"))
    system = await entrance.enter(lambda: _authenticate(instance, secret))
    contract = await entrance.enter(lambda: _contract(instance, f"contract:{department}/{resource}"))
    layout = layout_of(request.headers.get("content-type", ""), contract, instance.settings.line_bytes)
    key = request.headers.get("idempotency-key", "")
    if len(key) > KEY_CHARACTERS:
        raise WrongUse("edge.key_too_long", characters=KEY_CHARACTERS)
    announced = _announced_bytes(request, instance.settings.body_bytes)
    entrance.hold(announced)
    try:
        body = await _read_body(request, instance.settings.body_bytes)
        receipt = await entrance.enter(lambda: _admit(instance, contract, system, key, body, layout))
    finally:
        entrance.let_go(announced)
    status = 200 if receipt.repeated else (201 if receipt.status == "admitted" else 422)
    return Response(dumps(as_plain(receipt, contract)), media_type="application/json", status_code=status)


def bearer(header: str | None) -> str:
    """Read the system key from the ``Authorization`` header.

    Args:
        header: As sent.

    Raises:
        NotAuthenticated: There is none.

    """
    scheme, _, secret = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise NotAuthenticated("hub.key_missing")
    return secret.strip()


def layout_of(content_type: str, contract: Contract, line_bytes: int) -> Layout:
    """Tell from the content type how a body is to be read.

    Args:
        content_type: Header as sent; its charset must be the encoding the contract declares, or UTF-8.
        contract: The contract.
        line_bytes: Longest line read.

    Raises:
        BatchRefused: No known format.

    """
    media, _, rest = content_type.partition(";")
    name = MEDIA_TYPES.get(media.strip().lower())
    if name is None:
        raise BatchRefused("hub.format_unknown", format=media.strip() or "—", known=sorted(MEDIA_TYPES))
    charset = rest.partition("charset=")[2].partition(";")[0].strip().strip('"').lower()
    columns = tuple(field.name for field in contract.fields)
    exact = any(field.type == "decimal" for field in contract.fields)
    return Layout(name, columns, charset or contract.encoding, line_bytes=line_bytes, exact=exact)


def _announced_bytes(request: Request[Any, Any, State], most: int) -> int:
    text = request.headers.get("content-length", "")
    announced = int(text) if text.isdecimal() else most
    if announced > most and text:
        raise TooLarge("edge.body_too_large", most_bytes=most)
    return announced


async def _read_body(request: Request[Any, Any, State], most: int) -> bytes:
    taken = BytesIO()  # hands its content over without a copy
    total = 0
    async for part in request.stream():
        total += len(part)
        if total > most:
            raise TooLarge("edge.body_too_large", most_bytes=most)
        taken.write(part)
    return taken.getvalue()


def _authenticate(instance: Instance, secret: str) -> str:
    with instance.database.reading() as connection:
        return credentials.authenticate(connection, secret)


def _contract(instance: Instance, ref: str) -> Contract:
    city = instance.city_now()
    contract = city.contracts.get(ref)
    if contract is None:
        raise NotKnown("hub.contract_unknown", contract=ref, near=near(ref, city.contracts))
    return contract


def _admit(instance: Instance, contract: Contract, system: str, key: str, body: bytes, layout: Layout) -> Receipt:
    parcel = Parcel(
        contract.ref, system, (body, layout), digest(body), f"key:{key}" if key else f"batch:{instance.new_id()}"
    )
    return instance.gate.admit(parcel)
