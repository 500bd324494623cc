"""What a cockpit shows, as plain display values (Hangzhou art. 10)."""

from dataclasses import dataclass

from citybrain.cockpits.figures_view import FieldCount, Link, Provenance, State, Tile
from citybrain.cockpits.panels_view import (
    Advice,
    AdviceLine,
    DistrictMap,
    MapArea,
    MapBand,
    Panel,
    Ranking,
    RankRow,
    Series,
    SeriesRole,
    TaskLine,
    TaskList,
    Trend,
)

Widget = Tile | Panel


@dataclass(frozen=True, slots=True)
class Cockpit:
    """Everything one post sees of one cockpit.

    Attributes:
        id: Name of the cockpit as declared.
        name: Its name in the page's language.
        scope: Level, place and post in one line ("市级 / 全市 / 值班负责人").
        topic: Topic of its stream.
        tiles: Figures, in declared order.
        panels: Everything else, in declared order.
        fields: The six fields of the law, with counts.
        all_href: The cockpit with all fields.
        published_at: Up to when data is published ("18:30").
        hidden: Indicators this post may not see; they are nowhere else.
        crumbs: From the city down to here; the last one is here.
        below: Divisions one level down.
        owner: Who answers for the cockpit, and its next review.
        other_cockpits: Other cockpits this person may open.
        issue_href: Where a task is issued; empty when this post may not.

    """

    id: str
    name: str
    scope: str
    topic: str
    tiles: tuple[Tile, ...]
    panels: tuple[Panel, ...]
    fields: tuple[FieldCount, ...] = ()
    all_href: str = ""
    published_at: str = ""
    hidden: int = 0
    crumbs: tuple[Link, ...] = ()
    below: tuple[Link, ...] = ()
    owner: str = ""
    other_cockpits: tuple[Link, ...] = ()
    issue_href: str = ""

    @property
    def whole(self) -> FieldCount:
        """Add up the six fields."""
        return FieldCount(
            name="",
            ok=sum(field.ok for field in self.fields),
            warn=sum(field.warn for field in self.fields),
            alarm=sum(field.alarm for field in self.fields),
            stale=sum(field.stale for field in self.fields),
            none=sum(field.none for field in self.fields),
            href=self.all_href,
            current=not any(field.current for field in self.fields),
        )

    def count(self, state: State) -> int:
        """Count tiles in a state.

        Args:
            state: The state asked for.

        Returns:
            Number of tiles in that state.

        """
        return sum(tile.state == state for tile in self.tiles)


__all__ = [
    "Advice",
    "AdviceLine",
    "Cockpit",
    "DistrictMap",
    "FieldCount",
    "Link",
    "MapArea",
    "MapBand",
    "Panel",
    "Provenance",
    "RankRow",
    "Ranking",
    "Series",
    "SeriesRole",
    "State",
    "TaskLine",
    "TaskList",
    "Tile",
    "Trend",
    "Widget",
]
