"""Commands on indicators."""

import time

import click

from citybrain.blueprint.instance import Instance
from citybrain.city.indicator import Indicator
from citybrain.city.names import near
from citybrain.city.whole import City
from citybrain.cli.opening import opened
from citybrain.cli.output import tell_json
from citybrain.insight.description import describe
from citybrain.insight.engines.duckdb import Engine
from citybrain.insight.refresh import refresh, up_to_the_log
from citybrain.kernel.errors import NotKnown
from citybrain.kernel.messages import Language, say
from citybrain.kernel.numerals import number
from citybrain.kernel.settings import Settings

WAITS_S = 30.0


@click.command()
@click.argument("name")
@click.option("--refresh/--no-refresh", "fresh", default=True, help="先算到最新 compute up to the log first")
@click.option("--grain", help="只要这个周期 only this period")
@click.option("--split", help="只要这个维度 only by this field")
@click.option("--json", "as_json", is_flag=True, help="机读格式 machine-readable")
def indicator(name: str, grain: str | None, split: str | None, *, fresh: bool, as_json: bool) -> None:
    """查看指标：数值、口径、来源、时效与质量。Show an indicator: value, definition, sources, freshness, quality."""
    settings = Settings()
    ref = name if name.startswith("indicator:") else f"indicator:{name}"
    with opened(settings) as instance:
        city = instance.city_now()
        if ref not in city.indicators:
            raise NotKnown("insight.indicator_unknown", indicator=ref, near=near(ref, city.indicators))
        if fresh:
            bring_up(instance, city, ref)
        with instance.database.reading() as connection:
            document = describe(connection, city, city.indicators[ref], instance.clock.now(), grain, split)
    if as_json:
        tell_json(document)
        return
    language = settings.language
    click.echo(f"{document['name'][language]}  {_written(city.indicators[ref], document['value'], language)}")
    click.echo(document["caliber"][language])
    known = {key: document[key] for key in _TOLD if document[key] is not None}
    click.echo(say("insight.told", language, **known))


_TOLD = ("state", "as_of", "received", "accepted", "batches", "quality", "position", "revision")


def bring_up(instance: Instance, city: City, ref: str) -> None:
    """Compute an indicator, and first the parts it is derived from, up to the log.

    Args:
        instance: This process's instance.
        city: The revision in force.
        ref: The indicator.

    """
    found = city.indicators[ref]
    for part in found.derived or ():
        bring_up(instance, city, part)
    engine, until = Engine(), time.monotonic() + WAITS_S
    try:
        while refresh(city, found, instance.database, instance.reader, engine, instance.clock) is None:
            with instance.database.reading() as connection:
                if up_to_the_log(city, found, connection) or time.monotonic() > until:
                    return
            time.sleep(0.1)  # a worker is at it
    finally:
        engine.close()


def _written(found: Indicator, value: float | None, language: Language) -> str:
    if value is None:
        return "—"
    unit = found.unit.said(language)
    return f"{number(value, found.digits)} {unit}"
