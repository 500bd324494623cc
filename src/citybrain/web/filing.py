"""A file of rows on its way out: part by part, and no further once its grant is closed (Hangzhou art. 13)."""

import base64
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import BinaryIO, Final

from litestar.response import Stream

from citybrain.hub.exports.files import MEDIA_TYPES
from citybrain.hub.exports.making import Exporter, Fetched
from citybrain.web.entrance import Entrance

PART_BYTES: Final = 256 * 1024
FRESH_S: Final = 0.5  # what was looked up longer ago is looked up again: the grant may be closed meanwhile


class _BrokenOff(Exception):
    """The file may not leave any further."""


def file_answer(found: Fetched, exporter: Exporter, entrance: Entrance) -> Stream:
    """Answer with a file.

    Args:
        found: The file, that somebody fetches it is in evidence.
        exporter: Tells whether it may go on.
        entrance: The way into the rooms.

    """
    item = found.export
    digest = base64.b64encode(item.sha256 or b"").decode()
    headers = {
        "content-length": str(item.size),
        "content-disposition": f'attachment; filename="{found.name}"',
        "repr-digest": f"sha-256=:{digest}:",
        "x-citybrain-rows": str(item.rows),
        "x-citybrain-grant": item.grant,
        "cache-control": "no-store",
    }
    return Stream(_parts(found, exporter, entrance), media_type=MEDIA_TYPES[item.form], headers=headers)


async def _parts(found: Fetched, exporter: Exporter, entrance: Entrance) -> AsyncIterator[bytes]:
    file: BinaryIO = await entrance.enter(lambda: found.path.open("rb"))
    looked_at = time.monotonic()
    try:
        while part := await entrance.enter(lambda: file.read(PART_BYTES)):
            if time.monotonic() - looked_at > FRESH_S:
                if not await entrance.enter(partial(exporter.may_go_on, found.export.id)):
                    raise _BrokenOff
                looked_at = time.monotonic()
            yield part
    finally:
        file.close()
