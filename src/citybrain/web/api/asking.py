"""What a program asks over HTTP: a bounded JSON body of a known shape, from somebody known."""

from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.datastructures import State

from citybrain.blueprint.instance import Instance
from citybrain.kernel.errors import TooLarge, WrongUse
from citybrain.web.sessions import Visit, check_form, viewer_in

BODY_BYTES = 64 * 1024
Asking = Request[Any, Any, State]
Shape = TypeVar("Shape", bound=msgspec.Struct)


async def read_body(request: Asking, shape: type[Shape], most_bytes: int = BODY_BYTES) -> Shape:
    """Read a JSON body of a known shape.

    Args:
        request: The request.
        shape: What it must look like; what it does not know is refused.
        most_bytes: Longest body.

    Raises:
        TooLarge: The body is longer.
        WrongUse: The body has another shape; says where.

    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > most_bytes:
            raise TooLarge("edge.body_too_large", most_bytes=most_bytes)
    try:
        return msgspec.json.decode(body or b"{}", type=shape)
    except msgspec.DecodeError as error:
        raise WrongUse("edge.request_wrong", detail=str(error)[:200]) from None
    except UnicodeDecodeError:
        raise WrongUse("edge.request_wrong", detail="UTF-8") from None


def signed_in(instance: Instance, request: Asking, *, acting: bool) -> Visit:
    """Tell who is signed in.

    Args:
        instance: This process's instance.
        request: The request.
        acting: Whether something is to change; then the session's token must come in ``X-CSRF-Token``.

    Raises:
        NotAuthenticated: Nobody.
        AccessRefused: The token is missing or of another session.

    """
    visit = viewer_in(instance, request.cookies)
    if acting:
        check_form(visit, request.headers.get("x-csrf-token"))
    return visit


async def read_signed_body(request: Asking, shape: type[Shape], most_bytes: int = BODY_BYTES) -> Shape:
    """Read a body of somebody who is signed in; a stranger's is not even looked at.

    Args:
        request: The request.
        shape: What the body must look like.
        most_bytes: Longest body.

    Raises:
        NotAuthenticated: Nobody is signed in.

    """
    await request.app.state.entrance.enter(lambda: viewer_in(request.app.state.instance, request.cookies))
    return await read_body(request, shape, most_bytes)
