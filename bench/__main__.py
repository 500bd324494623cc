"""Run the measurements named on the command line, or all: ``python -m bench [name ...]``."""

import importlib
import pkgutil
import sys
from pathlib import Path


def main() -> None:
    """Run them one after the other."""
    names = sys.argv[1:] or [
        module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if module.name != "__main__"
    ]
    for name in sorted(names):
        importlib.import_module(f"bench.{name}").main()


main()
