"""The lists of the catalogue.

Who answers for what (责任清单), what is not shared (负面清单), what is mounted (挂接率).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements


@dataclass(frozen=True, slots=True)
class Duty:
    """What one person of a department answers for.

    Attributes:
        entries: Number of entries by kind.

    """

    department: str
    person: str
    entries: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry that is not shared.

    Attributes:
        condition: The article and its words; none where the law is missing.

    """

    ref: str
    registration: str
    name: Mapping[str, str]
    department: str
    condition: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Mounted:
    """How many contracts of a department have ever had a batch admitted.

    Attributes:
        department: ``dept:…``; empty for the whole city.

    """

    department: str
    mounted: int
    contracts: int

    @property
    def rate(self) -> float | None:
        """Share of mounted contracts in percent; none without contracts."""
        return 100.0 * self.mounted / self.contracts if self.contracts else None


def duties(connection: Connection) -> list[Duty]:
    """List who answers for how many entries.

    Args:
        connection: A reading transaction.

    Source:
        Hangzhou art. 15 (谁提供，谁负责).

    """
    found: dict[tuple[str, str], dict[str, int]] = {}
    for department, person, kind, count in connection.execute(_sql()["duties"]).fetchall():
        found.setdefault((department, person), {})[kind] = int(count)
    return [Duty(department, person, kinds) for (department, person), kinds in found.items()]


def kept_back(connection: Connection) -> list[Kept]:
    """List what is not shared, with the law that says so.

    Args:
        connection: A reading transaction.

    Source:
        Hangzhou art. 9 (不予共享).

    """
    return [Kept(*row) for row in connection.execute(_sql()["kept_back"]).fetchall()]


def mount_rates(connection: Connection) -> list[Mounted]:
    """Count mounted contracts by department; the whole city comes first.

    Args:
        connection: A reading transaction.

    """
    rows = [Mounted(row[0], int(row[1]), int(row[2])) for row in connection.execute(_sql()["mounted"]).fetchall()]
    whole = Mounted("", sum(row.mounted for row in rows), sum(row.contracts for row in rows))
    return [whole, *rows]


def _sql() -> Mapping[str, Any]:
    return statements("citybrain.hub.catalog", "lists")
