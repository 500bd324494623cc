"""Pages and fragments from view data: Jinja templates, words, numbers and times in the reader's language."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from typing import Any, Literal

import jinja2
from markupsafe import Markup

from citybrain.cockpits.arrangement import desk_panes, side_panels, tile_cells, wall_columns
from citybrain.cockpits.view import Widget
from citybrain.kernel.messages import Language, say
from citybrain.kernel.numerals import number, rounded, signed
from citybrain.web.assets import Assets, built_assets
from citybrain.web.drawing import along, spark, stacked
from citybrain.web.map_labels import map_labels

Theme = Literal["wall", "desk"]

_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def render(template: str, page: object, *, language: Language, theme: Theme = "desk") -> str:
    """Render a whole page.

    Args:
        template: Name below ``templates``, such as ``cockpit.html``.
        page: The dataclass the template is written for.
        language: ``zh`` or ``en``.
        theme: ``wall`` (dark, for reading from afar) or ``desk``.

    Returns:
        HTML.

    """
    return _environment(language).get_template(template).render(page=page, theme=theme)


def render_widget(widget: Widget, *, language: Language) -> str:
    """Render one widget alone, as the stream sends it; the page holds the same markup.

    Args:
        widget: Any widget of a cockpit.
        language: ``zh`` or ``en``.

    Returns:
        One HTML element whose id is :func:`widget_id`.

    """
    template = _environment(language).get_template(f"widgets/{widget.kind}.html")
    return template.render(widget=widget).strip()


def widget_id(widget: Widget) -> str:
    """Name the DOM element of a widget.

    Args:
        widget: Any widget of a cockpit.

    Returns:
        A stable id, the same in every language and theme.

    """
    return f"w-{widget.id}"


def hour_minute(moment: datetime) -> str:
    """Write a time of day.

    Args:
        moment: A moment in the city's zone.

    Returns:
        ``18:34``.

    """
    return f"{moment:%H:%M}"


def month_day(moment: datetime) -> str:
    """Write a date within the year, short.

    Args:
        moment: A moment in the city's zone.

    Returns:
        ``11-20``.

    """
    return f"{moment:%m-%d}"


def stamp(moment: datetime | None) -> str:
    """Write date and time, short.

    Args:
        moment: A moment in the city's zone, or None.

    Returns:
        ``11-20 18:34``, or a dash.

    """
    return f"{moment:%m-%d %H:%M}" if moment else "\u2014"


def long_day(moment: datetime, language: Language) -> str:
    """Write a day with its weekday.

    Args:
        moment: A moment in the city's zone.
        language: ``zh`` or ``en``.

    Returns:
        ``11 月 20 日 周五`` or ``Fri 20 Nov``.

    """
    if language == "zh":
        return f"{moment.month} 月 {moment.day} 日 周{'一二三四五六日'[moment.weekday()]}"
    return f"{_WEEKDAYS_EN[moment.weekday()]} {moment.day} {_MONTHS_EN[moment.month - 1]}"


def slug(text: str) -> str:
    """Make an id part of any text.

    Args:
        text: A name or ref.

    Returns:
        Letters, digits and hyphens.

    Examples:
        >>> slug("contract:metro/flow_15min")
        'contract-metro-flow-15min'

    """
    return re.sub(r"[^0-9A-Za-z\u4e00-\u9fff]+", "-", text).strip("-")


def _say_here(language: Language, key: str, **params: Any) -> str:
    return say(f"web.{key}", language, **params)


def _asset_tags(assets: Assets, entry: str) -> Markup:
    styles = Markup("").join(Markup('<link rel="stylesheet" href="{}">').format(path) for path in assets.styles(entry))
    scripts = Markup("").join(
        Markup('<script type="module" src="{}"></script>').format(path) for path in assets.scripts(entry)
    )
    return styles + scripts


def _filters(language: Language) -> dict[str, Callable[..., Any]]:
    return {
        "number": number,
        "signed": signed,
        "rounded": partial(rounded, language=language),
        "hm": hour_minute,
        "md": month_day,
        "stamp": stamp,
        "longday": partial(long_day, language=language),
        "spark": spark,
        "slug": slug,
    }


@cache
def _environment(language: Language) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("citybrain.web", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_filters(language))
    environment.globals.update(
        t=partial(_say_here, language),
        language=language,
        assets=partial(_asset_tags, built_assets()),
        along=along,
        stacked=stacked,
        map_labels=map_labels,
        wall_columns=wall_columns,
        desk_panes=desk_panes,
        side_panels=side_panels,
        tile_cells=tile_cells,
    )
    return environment
