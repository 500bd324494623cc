"""The ``citybrain`` command and its subcommands."""

import click

from citybrain.cli.city import apply_command, check, explain_command, plan_command
from citybrain.cli.evidence import verify
from citybrain.cli.hub import ingest, key, query
from citybrain.cli.insight import indicator
from citybrain.cli.law import law
from citybrain.cli.output import Failing
from citybrain.cli.running import up, web, work
from citybrain.kernel.telemetry import start_logging


@click.group(cls=Failing)
@click.version_option(package_name="citybrain")
def main() -> None:
    """城市大脑：中枢、系统、驾驶舱与场景，用文件声明，依法运行。City Brain.

    Hub, systems, cockpits, scenarios as code.
    """
    start_logging("text", "warning")


for command in (
    up,
    web,
    work,
    check,
    plan_command,
    apply_command,
    explain_command,
    key,
    ingest,
    query,
    indicator,
    verify,
    law,
):
    main.add_command(command)
