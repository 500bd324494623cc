"""Commands on the hub: keys of systems, deliveries of files, rows."""

import getpass
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from citybrain.blueprint.instance import Instance
from citybrain.city.contract import Contract
from citybrain.city.names import near
from citybrain.city.system import FilesFrom, Source
from citybrain.cli.opening import opened
from citybrain.cli.output import tell_json
from citybrain.hub import credentials
from citybrain.hub.calls import signing
from citybrain.hub.inspection import inspect_rows
from citybrain.hub.receipt import as_plain
from citybrain.kernel.errors import CityBrainError, NotKnown, WrongUse
from citybrain.kernel.messages import explain, say
from citybrain.kernel.settings import Settings
from citybrain.systems.connectors.files import read
from citybrain.systems.registry import Deliverer, DeliveryReceipt, Folders

_FORMATS = {
    ".csv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "json",
    ".parquet": "parquet",
    ".arrow": "arrow",
}


@click.group()
def key() -> None:
    """系统密钥。Keys of systems."""


@key.command("issue")
@click.argument("system")
@click.option("--label", default="", help="用途 what it is for")
@click.option("--json", "as_json", is_flag=True, help="机读格式 machine-readable")
def issue(system: str, label: str, *, as_json: bool) -> None:
    """为已登记的系统发放密钥，只显示一次。Issue a key to a registered system; shown once."""
    settings = Settings()
    with opened(settings) as instance, instance.database.transaction() as connection:
        id_, secret = credentials.issue(
            connection, instance.city_now(), system, label, getpass.getuser(), instance.clock, instance.new_id
        )
    if as_json:
        tell_json({"key": str(id_), "system": system, "secret": secret})
    else:
        click.echo(say("hub.key_issued", settings.language, system=system, key=id_, secret=secret))


@key.command("revoke")
@click.argument("key_id", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="机读格式 machine-readable")
def revoke(key_id: UUID, *, as_json: bool) -> None:
    """撤销密钥，立即生效。Revoke a key; it stops at once."""
    settings = Settings()
    with opened(settings) as instance, instance.database.transaction() as connection:
        system = credentials.revoke(connection, key_id, getpass.getuser(), instance.clock, instance.new_id)
    if as_json:
        tell_json({"key": str(key_id), "system": system, "revoked": True})
    else:
        click.echo(say("hub.key_revoked", settings.language, system=system, key=key_id))


@key.command("register")
@click.argument("system")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def register(system: str, file: Path) -> None:
    """登记系统的签名公钥（Ed25519，PEM）。Register the public key a system signs with."""
    settings = Settings()
    with opened(settings) as instance, instance.database.transaction() as connection:
        city, by = instance.city_now(), getpass.getuser()
        keyid = signing.register(connection, city, system, file.read_bytes(), by, instance.clock, instance.new_id)
    click.echo(say("calls.key_registered", settings.language, system=system, keyid=keyid))


@key.command("withdraw")
@click.argument("keyid")
def withdraw(keyid: str) -> None:
    """停用签名公钥，立即生效。Withdraw a signing key; it stops at once."""
    settings = Settings()
    with opened(settings) as instance, instance.database.transaction() as connection:
        system = signing.withdraw(connection, keyid, getpass.getuser(), instance.clock, instance.new_id)
    click.echo(say("calls.key_withdrawn", settings.language, system=system, keyid=keyid))


@key.command("list")
@click.option("--json", "as_json", is_flag=True, help="机读格式 machine-readable")
def list_keys(*, as_json: bool) -> None:
    """列出密钥（不含密文）。List keys, never their secrets."""
    with opened(Settings()) as instance, instance.database.reading() as connection:
        found = credentials.keys(connection)
    if as_json:
        tell_json([
            {"key": str(item.id), "system": item.system, "label": item.label, "issued_at": item.issued_at.isoformat(),
             "revoked_at": item.revoked_at.isoformat() if item.revoked_at else None}
            for item in found
        ])  # fmt: skip
        return
    for item in found:
        click.echo(f"{item.id}  {item.system:<32} {item.label}  {'×' if item.revoked_at else '●'}")


@click.command()
@click.argument("name")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--system", help="以哪个系统的名义 which system delivers")
@click.option("--data-dir", type=click.Path(exists=True, file_okay=False, path_type=Path), help="来源文件的目录")
@click.option("--json", "as_json", is_flag=True, help="机读格式 machine-readable")
@click.pass_context
def ingest(
    ctx: click.Context, name: str, files: tuple[Path, ...], system: str | None, data_dir: Path | None, *, as_json: bool
) -> None:
    """接入文件并打印回执：NAME 是契约（带文件）或来源。Take files in and print the receipt.

    NAME is a contract or a source.
    """
    settings = Settings()
    with opened(settings) as instance:
        deliverer = Deliverer(
            instance.database, instance.city_now, instance.gate, instance.clock, instance.new_id, settings.batch_rows
        )
        if name.startswith("source:"):
            folders = Folders(data_dir or settings.data_dir, settings.home / "geography", settings.city_dir)
            receipts = list(deliverer.deliver_files(name, folders))
        else:
            receipts = _deliver_contract(instance, deliverer, name, files, system)
        contract = instance.city_now().contracts.get(receipts[0].contract) if receipts else None
    if as_json:
        tell_json([plain_delivery(receipt, contract) for receipt in receipts])
    else:
        for receipt in receipts:
            _tell_delivery(receipt, settings)
    ctx.exit(1 if any(receipt.state == "refused" for receipt in receipts) else 0)


def _deliver_contract(
    instance: Instance, deliverer: Deliverer, name: str, files: tuple[Path, ...], system: str | None
) -> list[DeliveryReceipt]:
    city = instance.city_now()
    contract = city.contracts.get(name)
    if contract is None:
        raise NotKnown("hub.contract_unknown", contract=name, near=near(name, [*city.contracts, *city.sources]))
    if not files:
        raise WrongUse("hub.no_file_given", contract=name)
    provider = system or next((item.ref for item in city.systems.values() if name in item.provides), None)
    if provider is None:
        raise WrongUse("hub.no_provider", contract=name)
    receipts = []
    for file in files:
        source = _plain_source(contract, provider, file)
        receipts += [deliverer.deliver(source, delivery) for delivery in read(source, contract, file.parent)]
    return receipts


def _plain_source(contract: Contract, system: str, file: Path) -> Source:
    """Describe a file whose columns are the contract's own fields."""
    name = file.name.removesuffix(".gz")
    form = _FORMATS.get(Path(name).suffix.lower())
    if form is None:
        raise WrongUse("hub.suffix_unknown", file=file.name, known=sorted(_FORMATS))
    said = {"connector": "files", "path": file.name, "format": form, "encoding": contract.encoding}
    return Source.model_validate(
        {
            "source": f"{contract.department}/{contract.resource.split('@')[0]}",
            "feeds": contract.ref,
            "system": system,
            "from": FilesFrom.model_validate(said),
            "zone": contract.zone,
            "missing": contract.missing,
        }
    )


def plain_delivery(receipt: DeliveryReceipt, contract: Contract | None) -> dict[str, Any]:
    """Lay a delivery receipt out for JSON.

    Args:
        receipt: A delivery's receipt.
        contract: Its contract, for the words of the rules.

    """
    return {
        "delivery": str(receipt.id),
        "source": receipt.source,
        "contract": receipt.contract,
        "system": receipt.system,
        "name": receipt.name,
        "state": receipt.state,
        "received": receipt.received,
        "accepted": receipt.accepted,
        "set_aside": receipt.set_aside,
        "warned": receipt.warned,
        "passed_by": receipt.passed_by,
        "broken": dict(receipt.broken),
        "unused_columns": list(receipt.unused),
        "repeated": receipt.repeated,
        "refused": {"code": receipt.refused[0], "params": dict(receipt.refused[1])} if receipt.refused else None,
        "parts": [as_plain(part, contract) for part in receipt.parts],
    }


def _tell_delivery(receipt: DeliveryReceipt, settings: Settings) -> None:
    language = settings.language
    shown = {
        "name": receipt.name, "received": receipt.received, "accepted": receipt.accepted,
        "set_aside": receipt.set_aside, "warned": receipt.warned, "id": receipt.id,
    }  # fmt: skip
    click.echo(say("hub.delivery_refused" if receipt.refused else "hub.delivery_told", language, **shown))
    if receipt.repeated:
        click.echo(say("hub.delivery_repeated", language))
    if receipt.refused:
        said = explain(CityBrainError(receipt.refused[0], **receipt.refused[1]), language)
        click.echo(f"  {receipt.refused[0]}  {said.detail}")
    if receipt.passed_by:
        click.echo(say("hub.passed_by_told", language, rows=receipt.passed_by))
    if receipt.unused:
        click.echo(say("hub.unused_told", language, columns=receipt.unused))
    for rule, rows in receipt.broken.items():
        click.echo(say("hub.rule_told", language, rule=rule, rows=rows))
    for part in receipt.parts:
        for reason in part.reasons[:5]:
            row = {"row": reason.row, "field": reason.field, "value": reason.value, "rule": reason.rule}
            click.echo(say("hub.row_told", language, **row))
        for jump in part.jumps:
            seen = {"rule": jump.rule, "period": jump.period, "median": jump.median, "before": jump.before}
            click.echo(say("hub.jump_told", language, **seen))
        click.echo(say("hub.evidence_told", language, entry=part.evidence, sha256=part.evidence_sha256.hex()[:16]))


@click.command()
@click.argument("contract")
@click.option("--limit", default=20, show_default=True, help="最多几行 rows at most")
@click.option("--where", help="条件，如 station == 'S1' a condition")
@click.option("--json", "as_json", is_flag=True, help="机读格式 machine-readable")
def query(contract: str, limit: int, where: str | None, *, as_json: bool) -> None:
    """以运维身份查看契约的当前数据，会存证。Look at a contract's current rows as its operator; leaves evidence."""
    settings = Settings()
    with opened(settings) as instance:
        frame = inspect_rows(
            instance.database, instance.city_now(), instance.reader, contract, (where, limit), getpass.getuser(),
            instance.clock, instance.new_id, settings.key_file,
        )  # fmt: skip
    if as_json:
        tell_json(frame.to_dicts())
    else:
        click.echo(frame.write_csv())
