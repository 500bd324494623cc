"""The command on laws: check every bound duty now and say what was seen."""

import click

from citybrain.blueprint.lawful import check_laws
from citybrain.cli.opening import opened
from citybrain.cli.output import tell_json
from citybrain.governance.compliance import STATUSES, Row, plain_row, rows
from citybrain.governance.packs import chosen, read_packs
from citybrain.kernel.messages import Language, say
from citybrain.kernel.settings import Settings

MARKS = {"holds": "✓", "broken": "✗", "not_yet": "·", "organisational": "–"}


@click.command()
@click.argument("pack", required=False)
@click.option("--json", "as_json", is_flag=True, help="机读格式 machine-readable")
@click.pass_context
def law(ctx: click.Context, pack: str | None, *, as_json: bool) -> None:
    """逐条核对条例：成立、不成立、尚未建成、机构职责。Check the laws now, duty by duty.

    PACK is hangzhou-2021 or nanjing-2025; without it both laws are checked.
    """
    settings = Settings()
    packs = chosen(read_packs(), pack)
    with opened(settings) as instance:
        city = instance.city_now()
        check_laws(instance, pack)
        with instance.database.reading() as connection:
            found = rows(connection, packs, city.settings.data_authority, city.zone)
    if as_json:
        tell_json([plain_row(row, settings.language) for row in found])
    else:
        tell_rows(found, settings.language)
    ctx.exit(1 if any(row.status == "broken" for row in found) else 0)


def tell_rows(found: list[Row], language: Language) -> None:
    """Print rows, one law after the other, with the sums of each.

    Args:
        found: Rows in order.
        language: ``zh`` or ``en``.

    """
    for pack in dict.fromkeys(row.pack.pack for row in found):
        mine = [row for row in found if row.pack.pack == pack]
        for row in mine:
            click.echo(f"{MARKS[row.status]} {row.duty.id:<11} {row.duty.duty.said(language)}")
            said = row.evidence(language)
            if said:
                click.echo(f"    {said}")
            if row.status == "broken" and row.due is not None:
                told = {"department": row.answers, "day": row.due.isoformat()}
                click.echo("    " + say("governance.answers", language, **told))
        counts = {status: sum(row.status == status for row in mine) for status in STATUSES}
        click.echo(say("governance.table_head", language, name=mine[0].pack.name.said(language), **counts))
