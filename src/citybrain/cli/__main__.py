"""Run the command line as a module."""

from citybrain.cli.main import main

main()
