"""Commands on city folders: check, plan, apply."""

import getpass
from pathlib import Path
from typing import Any

import click
import orjson

from citybrain.blueprint.apply import apply, as_plain, roll_back
from citybrain.blueprint.golive import require_tested
from citybrain.blueprint.load import Loaded, Placed, load
from citybrain.blueprint.plan import Plan, plan
from citybrain.blueprint.revisions import newest
from citybrain.cli.opening import opened
from citybrain.cli.output import tell_finding, tell_json
from citybrain.kernel.errors import CityBrainError
from citybrain.kernel.messages import Language, explain, say
from citybrain.kernel.settings import Settings

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_SIGNS = {"add": "+", "change": "~", "remove": "-"}


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--json", "as_json", is_flag=True, help="机读格式 machine-readable")
@click.pass_context
def check(ctx: click.Context, folder: Path, *, as_json: bool) -> None:
    """检查城市文件夹，一次列出全部问题。Check a city folder; list every finding at once."""
    loaded = load(folder)
    language = Settings().language
    if as_json:
        tell_json([_plain_finding(placed) for placed in loaded.findings])
    else:
        for placed in loaded.findings:
            tell_finding(placed, language)
        things = len(loaded.city.things()) if loaded.city else 0
        click.echo(say("blueprint.checked", language, things=things, findings=len(loaded.findings)))
    ctx.exit(1 if loaded.errors else 0)


def _plain_finding(placed: Placed) -> dict[str, Any]:
    finding, place = placed.finding, placed.place
    said = explain(CityBrainError(finding.code, ref=finding.ref, **finding.params), "zh")
    return {
        "code": finding.code, "severity": finding.severity, "ref": finding.ref, "file": place.file, "line": place.line,
        "column": place.column, "title": said.title, "detail": said.detail, "next": list(said.next_steps),
    }  # fmt: skip


@click.command("plan")
@click.argument("folder", type=_FOLDER)
@click.option("--json", "as_json", is_flag=True, help="机读格式 machine-readable")
def plan_command(folder: Path, *, as_json: bool) -> None:
    """说明应用后会改变什么、影响谁。Say what an apply would change and whom it affects."""
    settings = Settings()
    loaded = load(folder)
    with opened(settings) as instance, instance.database.reading() as connection:
        made = plan(newest(connection), loaded)
        if loaded.city is not None:
            require_tested(connection, made, loaded.city)
    if as_json:
        tell_json(_plain_plan(made))
    else:
        show_plan(made, folder, settings.language)


def _plain_plan(made: Plan) -> dict[str, Any]:
    return {
        "plan": made.id,
        "base": made.base,
        "stages": [as_plain(stage) for stage in made.stages],
        "needs_reason": list(made.needs_reason),
    }


def show_plan(made: Plan, folder: Path | None, language: Language) -> None:
    """Print a plan as a person signs it.

    Args:
        made: The plan.
        folder: Folder it was made from.
        language: ``zh`` or ``en``.

    """
    for stage in made.stages:
        sign = "!" if stage.alike else _SIGNS[stage.act]
        click.echo(f"{sign} {stage.kind:<11} {stage.ref.split(':', 1)[-1]:<34} {stage.name.said(language)}")
        for change in stage.changes[:12]:
            click.echo(f"    {change.path}: {_short(change.before)} → {_short(change.after)}")
        for ref, agrees in stage.alike:
            click.echo("    " + say("blueprint.alike", language, ref=ref, agrees=agrees))
        if stage.affects:
            click.echo("    " + say("blueprint.affects", language, count=len(stage.affects), refs=stage.affects[:8]))
    count = {act: sum(stage.act == act for stage in made.stages) for act in _SIGNS}
    key = "blueprint.plan_sum" if made.stages else "blueprint.plan_empty"
    click.echo(say(key, language, **count, reasons=len(made.needs_reason)))
    if made.stages and folder is not None:
        click.echo(f"citybrain apply {folder} --plan {made.id}")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    return text if len(text) <= 60 else text[:57] + "…"


@click.command("apply")
@click.argument("folder", type=_FOLDER, required=False)
@click.option("--plan", "plan_id", help="只执行这份已签的计划 run only this signed plan")
@click.option("--reason", help="疑似重复建设的说明，会存证 why suspected duplicates are none")
@click.option("--to-revision", type=int, help="回到旧版声明 go back to an older revision")
@click.option("--json", "as_json", is_flag=True, help="机读格式 machine-readable")
def apply_command(
    folder: Path | None, plan_id: str | None, reason: str | None, to_revision: int | None, *, as_json: bool
) -> None:
    """让城市文件夹生效。Make a city folder the city in force."""
    settings = Settings()
    if (folder is None) == (to_revision is None):
        raise click.UsageError("FOLDER | --to-revision N")
    loaded: Loaded | None = load(folder) if folder is not None else None
    with opened(settings) as instance, instance.database.transaction() as connection:
        by, clock, ids = getpass.getuser(), instance.clock, instance.new_id
        if loaded is not None:
            made, number = apply(connection, loaded, by, clock, ids, plan_id=plan_id, reason=reason)
        else:
            made, number = roll_back(connection, to_revision or 0, by, clock, ids)
    if as_json:
        tell_json({**_plain_plan(made), "revision": number})
    else:
        show_plan(made, None, settings.language)
        click.echo(say("blueprint.in_force", settings.language, revision=number))
