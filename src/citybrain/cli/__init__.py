"""The command line: ``citybrain …``; facts with ``--json``, exit codes 0 ok, 1 findings, 2 wrong use."""

from citybrain.cli.main import main

__all__ = ["main"]
