"""The command that gives editors the JSON Schemas of city files."""

from pathlib import Path

import click
import orjson

from citybrain.blueprint.schema import every_schema, kinds
from citybrain.city.names import near
from citybrain.cli.output import tell_json
from citybrain.kernel.errors import NotKnown
from citybrain.kernel.messages import say
from citybrain.kernel.settings import Settings


@click.command()
@click.argument("kind", required=False)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="写到这个目录 write files to this folder")
def schema(kind: str | None, out: Path | None) -> None:
    """打印城市文件的 JSON Schema。Print the JSON Schema of a KIND of city file, or of all kinds."""
    known = kinds()
    if kind is not None and kind not in known:
        raise NotKnown("blueprint.schema_unknown", kind=kind, known=list(known), near=near(kind, known))
    made = {name: shape for name, shape in every_schema().items() if kind in {None, name}}
    if out is None:
        tell_json(made if kind is None else made[kind])
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, shape in made.items():
        (out / f"{name}.schema.json").write_bytes(orjson.dumps(shape, option=orjson.OPT_INDENT_2) + b"\n")
    click.echo(say("blueprint.schemas_written", Settings().language, count=len(made), folder=out))
