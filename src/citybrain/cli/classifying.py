"""Commands on classification: what a contract's newest rows suggest, and the catalogue of important data."""

from dataclasses import asdict

import click

from citybrain.city.grading import important
from citybrain.city.names import near
from citybrain.cli.opening import opened
from citybrain.cli.output import tell_json
from citybrain.hub.scanning import proposals_now
from citybrain.kernel.errors import NotKnown
from citybrain.kernel.messages import say
from citybrain.kernel.settings import Settings


@click.command()
@click.argument("contract")
@click.option("--json", "as_json", is_flag=True, help="机读格式 machine-readable")
def classify(contract: str, *, as_json: bool) -> None:
    """识别契约最新一批中的敏感字段，只提建议。Propose kinds for a contract's fields; nothing is changed or kept."""
    settings = Settings()
    with opened(settings) as instance:
        city = instance.city_now()
        ref = contract if contract.startswith("contract:") else f"contract:{contract}"
        found = city.contracts.get(ref)
        if found is None:
            raise NotKnown("hub.contract_unknown", contract=ref, near=near(ref, city.contracts))
        with instance.database.reading() as connection:
            proposals = proposals_now(connection, found, instance.reader)
    if as_json:
        tell_json([asdict(item) for item in proposals])
        return
    language = settings.language
    if not proposals:
        click.echo(say("safeguards.nothing_proposed", language, contract=ref))
    for item in proposals:
        kind, why = say(f"safeguards.kind_{item.kind}", language), say(f"safeguards.why_{item.why}", language)
        told = {"field": item.field, "kind": kind, "why": why, "share": f"{item.share:.0%}", "rows": item.sample_count}
        click.echo(say("safeguards.proposed", language, **told))


@click.command("important")
@click.option("--json", "as_json", is_flag=True, help="机读格式 machine-readable")
def important_data(*, as_json: bool) -> None:
    """导出重要数据目录：核心、重要数据及其衍生。Export the catalogue of core and important data, derived data too."""
    settings = Settings()
    with opened(settings) as instance:
        lines = important(instance.city_now())
    if as_json:
        tell_json([{**asdict(line), "name": {"zh": line.name.zh, "en": line.name.en}} for line in lines])
        return
    language = settings.language
    if not lines:
        click.echo(say("safeguards.nothing_important", language))
    for line in lines:
        data_class = say(f"safeguards.class_{line.data_class}", language)
        told = {"ref": line.ref, "name": line.name.said(language), "grade": line.grade, "owner": line.owner}
        click.echo(say("safeguards.important_line", language, data_class=data_class, **told))
