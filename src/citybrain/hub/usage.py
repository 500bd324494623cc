"""What is granted and not used: grants nothing left under, and fields that never left (Hangzhou art. 13)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from citybrain.hub import grants
from citybrain.hub.grants import HeldGrant
from citybrain.kernel.postgres import Connection

QUIET: Final = timedelta(days=60)
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class IdleGrant:
    """An open grant of which something is not used.

    Attributes:
        releases: How often rows left under it since; 0 where it was not used at all.
        fields: Granted fields that never left since, in the order of the grant.

    """

    grant: HeldGrant
    releases: int
    fields: tuple[str, ...]


def unused(
    connection: Connection, since: datetime, *, department: str | None = None, things: Sequence[str] | None = None
) -> list[IdleGrant]:
    """List open grants that stand since before and of which something was not used since.

    Args:
        connection: Any transaction.
        since: Releases from here on count; younger grants are left out.
        department: Only of this body.
        things: Only on these contracts.

    Returns:
        Wholly unused ones first, the longest granted first.

    Source:
        Hangzhou art. 13 (no more than needed).

    """
    held = grants.listed(connection, department=department, things=things, open_only=True, limit=_MOST)
    standing = [item for item in held if item.starts_at < since]
    uses = grants.use_of(connection, standing, since)
    found = []
    for item in standing:
        use = uses.get(item.id)
        idle = tuple(name for name in item.fields if use is None or name not in use.fields)
        if idle:
            found.append(IdleGrant(item, use.releases if use else 0, idle))
    return sorted(found, key=lambda idle: (idle.releases > 0, idle.grant.starts_at, idle.grant.name))
