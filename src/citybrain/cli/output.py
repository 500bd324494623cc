"""What the command line prints: errors in words, facts as JSON when asked."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click
import orjson

from citybrain.blueprint.load import Placed
from citybrain.kernel.errors import CityBrainError, DeclarationWrong
from citybrain.kernel.messages import Language, Problem, explain
from citybrain.kernel.settings import Settings

MARK = "✗"


class Failing(click.Group):
    """A group whose commands fail in words, never with a stack trace for a user's mistake."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command and put its error into words."""
        try:
            return super().invoke(ctx)
        except CityBrainError as error:
            tell_error(error, Settings().language)
            ctx.exit(error.exit_code)


def tell_error(error: CityBrainError, language: Language) -> None:
    """Print an error to standard error.

    Args:
        error: What was raised.
        language: ``zh`` or ``en``.

    """
    if isinstance(error, DeclarationWrong):
        for finding in error.params.get("findings", ()):
            tell_finding(finding, language)
    _tell(explain(error, language), error.code, "", language)


def tell_finding(placed: Any, language: Language) -> None:
    """Print a finding with its place.

    Args:
        placed: A finding, with or without its place in a file.
        language: ``zh`` or ``en``.

    """
    finding = placed.finding if isinstance(placed, Placed) else placed
    where = str(placed.place) if isinstance(placed, Placed) else finding.ref
    params = {"ref": finding.ref, **finding.params}
    words = explain(CityBrainError(finding.code, **params), language)
    _tell(words, finding.code, where, language, finding.ref)


def _tell(words: Problem, code: str, where: str, language: Language, ref: str = "") -> None:
    labels = ("位置", "原因", "依据", "怎么办") if language == "zh" else ("Where", "Why", "Basis", "To do")
    click.echo(f"{MARK} {words.title}  {ref}".rstrip(), err=True)
    steps, between = [*words.next_steps, f"citybrain explain {code}"], "；" if language == "zh" else "; "
    for label, text in zip(labels, (where, words.detail, words.source, between.join(steps)), strict=True):
        if text:
            click.echo(f"  {label}   {text}", err=True)


def tell_json(document: Mapping[str, Any] | Sequence[Any]) -> None:
    """Print facts as JSON.

    Args:
        document: Plain values.

    """
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str))
    sys.stdout.write("\n")
    sys.stdout.flush()
