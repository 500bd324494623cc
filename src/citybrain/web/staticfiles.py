"""Built files of the pages, sent compressed and kept by browsers as their names allow."""

from litestar import Response, get
from litestar.params import FromPath

from citybrain.kernel.errors import NotKnown
from citybrain.web import assets
from citybrain.web.frames import Asked


@get("/static/{path:path}")
async def built_file(path: FromPath[str], request: Asked) -> Response[bytes]:
    """Send a built file."""
    found = assets.built_file(str(path).lstrip("/"), request.headers.get("accept-encoding", ""))
    if found is None:
        raise NotKnown("edge.no_such_page")
    return Response(found.content, media_type=found.media_type, headers=dict(found.headers))


ROUTES = [built_file]
