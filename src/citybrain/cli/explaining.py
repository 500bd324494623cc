"""The command that explains: a declared thing by its Ref, an error by its code."""

from typing import Any

import click
import orjson

from citybrain.blueprint.revisions import newest
from citybrain.city.names import near
from citybrain.cli.opening import opened
from citybrain.cli.output import tell_json
from citybrain.kernel.errors import CityBrainError, NotKnown
from citybrain.kernel.messages import Language, explain, say, words
from citybrain.kernel.settings import Settings


@click.command("explain")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="机读格式 machine-readable")
def explain_command(name: str, *, as_json: bool) -> None:
    """解释一个名称（Ref）或错误代码。Explain a Ref or an error code."""
    language = Settings().language
    if ":" not in name:
        _explain_code(name, language, as_json=as_json)
        return
    with opened(Settings()) as instance:
        city = instance.city_now()
        with instance.database.reading() as connection:
            contents = newest(connection).contents
    if name not in contents:
        raise NotKnown("blueprint.ref_unknown", ref=name, near=near(name, contents))
    users = sorted(ref for ref, content in contents.items() if ref != name and _names(content, name))
    if as_json:
        tell_json({"ref": name, "revision": city.revision, "declared": contents[name], "used_by": users})
        return
    click.echo(orjson.dumps(contents[name], option=orjson.OPT_INDENT_2).decode())
    click.echo(say("blueprint.used_by", language, count=len(users), refs=users))


def _explain_code(code: str, language: Language, *, as_json: bool) -> None:
    known = [key for key, value in words(language).items() if not isinstance(value, str)]
    if code not in known:
        raise NotKnown("blueprint.code_unknown", code=code, near=near(code, known))
    said = explain(CityBrainError(code), language)
    if as_json:
        tell_json({"code": code, "title": said.title, "detail": said.detail, "next": list(said.next_steps)})
        return
    for text in (said.title, said.detail, said.source, *said.next_steps):
        if text:
            click.echo(text)


def _names(node: Any, ref: str) -> bool:
    if isinstance(node, str):
        return node == ref or (ref.startswith("indicator:") and ref.removeprefix("indicator:") in node.split())
    if isinstance(node, dict):
        return any(_names(value, ref) for value in node.values())
    return isinstance(node, list) and any(_names(value, ref) for value in node)
