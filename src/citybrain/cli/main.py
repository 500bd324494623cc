"""The ``citybrain`` command; each subcommand is loaded when it is used, so that the short ones are quick."""

from importlib import import_module

import click

from citybrain.cli.output import Failing
from citybrain.kernel.telemetry import start_logging

# Name of the subcommand, and where it stands.
COMMANDS = {
    "up": "running:up",
    "web": "running:web",
    "work": "running:work",
    "check": "city:check",
    "plan": "city:plan_command",
    "apply": "city:apply_command",
    "explain": "explaining:explain_command",
    "schema": "schema:schema",
    "key": "hub:key",
    "ingest": "hub:ingest",
    "query": "hub:query",
    "classify": "classifying:classify",
    "important": "classifying:important_data",
    "conform": "conforming:conform",
    "indicator": "insight:indicator",
    "verify": "evidence:verify",
    "law": "law:law",
    "backup": "backup:backup",
    "restore": "backup:restore",
}


class Subcommands(Failing):
    """The subcommands, loaded one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names in the order a reader meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a subcommand.

        Args:
            ctx: Of the call.
            cmd_name: Its name.

        """
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(import_module(f"citybrain.cli.{module}"), name)
        return found


@click.group(cls=Subcommands)
@click.version_option(package_name="citybrain")
def main() -> None:
    """城市大脑：中枢、系统、驾驶舱与场景，用文件声明，依法运行。City Brain.

    Hub, systems, cockpits, scenarios as code.
    """
    start_logging("text", "warning")
