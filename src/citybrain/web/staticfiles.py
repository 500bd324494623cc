"""Built files of the pages: found once, sent compressed, kept by browsers for ever because their names change."""

import mimetypes
from functools import cache
from importlib import resources

from litestar import Response, get

from citybrain.kernel.errors import NotKnown
from citybrain.web.frames import Asked


@cache
def _read(name: str) -> bytes | None:
    file = resources.files("citybrain.web") / "static" / name
    return file.read_bytes() if file.is_file() else None


@get("/static/{path:path}")
async def built_file(path: str, request: Asked) -> Response[bytes]:
    """Send a built file."""
    name = str(path).lstrip("/")
    if ".." in name.split("/"):
        raise NotKnown("edge.no_such_page")
    accepted = request.headers.get("accept-encoding", "")
    for ending, encoding in ((".br", "br"), (".gz", "gzip"), ("", "")):
        if encoding and encoding not in accepted:
            continue
        body = _read(name + ending)
        if body is not None:
            headers = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
            if encoding:
                headers["content-encoding"] = encoding
            media = mimetypes.guess_type(name)[0] or "application/octet-stream"
            return Response(body, media_type=media, headers=headers)
    raise NotKnown("edge.no_such_page")


ROUTES = [built_file]
