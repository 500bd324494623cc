"""Commands on evidence: verify."""

import click

from citybrain.blueprint.instance import payload_folder
from citybrain.cli.opening import opened
from citybrain.cli.output import tell_json
from citybrain.hub import statements
from citybrain.hub.exchange.lake import LakeCount
from citybrain.hub.exchange.verification import verify_log
from citybrain.kernel.errors import WrongUse
from citybrain.kernel.messages import say
from citybrain.kernel.settings import Settings
from citybrain.safeguards import evidence


@click.command()
@click.option("--head", help="外存的链头，形如 123:ab12… a head kept outside, as printed by an earlier run")
@click.option("--json", "as_json", is_flag=True, help="机读格式 machine-readable")
@click.pass_context
def verify(ctx: click.Context, head: str | None, *, as_json: bool) -> None:
    """核验存证链与日志：改动、删除、换序都会点名。Verify evidence and log.

    Changes, removals and reorderings are named.
    """
    settings = Settings()
    with opened(settings) as instance:
        with instance.database.transaction() as connection:
            while evidence.seal(connection):
                pass
        with instance.database.reading() as connection:
            report = evidence.verify(connection, _read_head(head))
            log = verify_log(connection, payload_folder(settings), LakeCount(connection))
            stated = statements.faults(connection, instance.city_now()) if instance.city.ready else []
    faults = [*report.faults, *log.faults, *stated]
    if as_json:
        tell_json({
            "sealed": report.sealed, "waiting": report.waiting, "head": f"{report.sealed}:{report.head.hex()}",
            "batches": log.batches,
            "faults": [{"kind": item.kind, "entry": item.entry, "subject": item.subject} for item in faults],
            "destroyed": [
                {"batch": str(item.batch), "certificate": item.number, "rows": item.rows} for item in log.destroyed
            ],
        })  # fmt: skip
    else:
        language = settings.language
        told = {"sealed": report.sealed, "waiting": report.waiting, "batches": log.batches, "faults": len(faults)}
        click.echo(say("safeguards.verified", language, **told))
        click.echo(say("safeguards.head_told", language, head=f"{report.sealed}:{report.head.hex()}"))
        gone: dict[str, int] = {}
        for done in log.destroyed:
            gone[done.number] = gone.get(done.number, 0) + done.rows
        for number, rows in gone.items():
            click.echo(say("destruction.verified", language, number=number, rows=rows))
        for item in faults:
            click.echo(f"  ✗ {item.kind}  {item.entry}  {item.subject}", err=True)
    ctx.exit(1 if faults else 0)


def _read_head(text: str | None) -> tuple[int, bytes] | None:
    if text is None:
        return None
    place, _, chain = text.partition(":")
    try:
        return int(place), bytes.fromhex(chain)
    except ValueError:
        raise WrongUse("safeguards.head_wrong", head=text) from None
