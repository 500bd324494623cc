"""Commands that keep an instance safe: backup, restore."""

from pathlib import Path

import click

from citybrain.blueprint.backup import Kept, back_up, destroy_again, fill, note_origin, open_lake, read_manifest
from citybrain.blueprint.backup_keys import folder_of
from citybrain.blueprint.instance import Instance
from citybrain.cli.opening import addressed, opened
from citybrain.cli.output import tell_json
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.messages import say
from citybrain.kernel.migrations import migrate
from citybrain.kernel.settings import Settings


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="机读格式 machine-readable")
def backup(folder: Path, *, as_json: bool) -> None:
    """把数据库、批次文件和数据湖备份到 FOLDER。Back up database, payloads and lake to FOLDER, as of one moment."""
    settings = Settings()
    with opened(settings) as instance:
        kept = back_up(instance, folder)
    _tell("blueprint.backed_up", kept, folder, settings, as_json=as_json)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="机读格式 machine-readable")
def restore(folder: Path, *, as_json: bool) -> None:
    """从 FOLDER 恢复到空的实例。Restore FOLDER into an empty instance, here or on another machine."""
    settings, clock = Settings(), SystemClock()
    read_manifest(folder)
    with addressed(settings) as url:
        kept = fill(settings, url, folder)
        migrate(url, clock)
        instance = Instance(settings.model_copy(update={"database_url": url}), clock, new_id)
        try:
            note_origin(instance, kept)
            open_lake(instance, kept)
            again = destroy_again(instance)
        finally:
            instance.close()
    _tell("blueprint.restored", kept, folder, settings, as_json=as_json, again=again)


def _tell(
    key: str, kept: Kept, folder: Path, settings: Settings, *, as_json: bool, again: list[str] | None = None
) -> None:
    files = sum(len(files) for _, files in kept.lake.values())
    told = {
        "folder": str(folder), "made_at": kept.made_at, "revision": kept.revision, "head": kept.head,
        "payloads": len(kept.payloads), "lake_files": files, "backup": str(kept.backup),
        "keys": str(folder_of(settings)),
    }  # fmt: skip
    if as_json:
        tell_json(told | ({} if again is None else {"destroyed_again": again}))
    else:
        click.echo(say(key, settings.language, **told))
        for number in again or ():
            click.echo(say("blueprint.destroyed_again", settings.language, number=number))
