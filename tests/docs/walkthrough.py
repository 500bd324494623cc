"""Pages that are carried out: files they show are written, commands they show are run, output they show is compared."""

import contextlib
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(?P<info>[^\n`]+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r'title="([^"]+)"')
_HELD = "citybrain up"


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block of a page."""

    kind: str
    words: tuple[str, ...]
    title: str
    body: str


def blocks(page: Path) -> Iterator[Block]:
    """List the fenced blocks of a page in order."""
    for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        info = found["info"]
        title = _TITLE.search(info)
        kind, *words = _TITLE.sub("", info).split()
        yield Block(kind, tuple(words), title[1] if title else "", found["body"])


def steps(body: str) -> Iterator[tuple[str, str]]:
    """Split a console block into commands, each with the output shown below it."""
    command, shown = "", list[str]()
    for line in body.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, "\n".join(shown)
            command, shown = line[2:], []
        else:
            shown.append(line)
    yield command, "\n".join(shown)


def fits(shown: str, said: str) -> bool:
    """Compare output with what a page shows; … stands for anything."""
    pattern = ".*?".join(re.escape(part) for part in shown.strip().split("…"))
    return re.fullmatch(pattern, said.strip(), re.DOTALL) is not None


class Reader:
    """Somebody who follows a page in one shell; ``citybrain up`` is the second terminal."""

    def __init__(self, folder: Path, env: Mapping[str, str], stands_for: Mapping[str, str]) -> None:
        self._folder = folder
        self._env = {**os.environ, **env}
        self._stands_for = stands_for
        self._started: list[subprocess.Popen[str]] = []
        self._state = folder / ".shell"
        self._state.write_text("")

    def follow(self, page: Path) -> str:
        """Carry a page out and tell where it shows what is not so."""
        wrong: list[str] = []
        for block in blocks(page):
            if block.title:
                target = self._folder / block.title
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(self._put(block.body).encode())
            elif block.kind == "console" and "skip" not in block.words:
                wrong += self._carry_out(block)
        return "\n\n".join(wrong)

    def _carry_out(self, block: Block) -> Iterator[str]:
        for command, shown in steps(block.body):
            if command.startswith(_HELD):
                self._hold(command)
                continue
            done = self.run(command)
            if "expect" in block.words and shown.strip() and not fits(self._put(shown), done.stdout):
                yield f"$ {command}\n--- shown\n{shown}\n--- said\n{done.stdout}"
            elif "expect" not in block.words and done.returncode != 0:
                yield f"$ {command}\n--- exit code {done.returncode}\n{done.stdout}"

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the reader's shell, whose variables last."""
        new = f"{self._state}.new"
        lines = [
            f"set -a; . {self._state}; set +a",
            self._put(command),
            f"code=$?; declare -p > {new} 2>/dev/null",
            f"grep -E '^declare -[-x]+ ' {new} | grep -vE ' (BASH|EUID|PPID|UID|SHELLOPTS|_=)' > {self._state}",
            "exit $code",
        ]
        started = self._start(["bash", "-c", "\n".join(lines)], subprocess.PIPE)
        try:
            said, _ = started.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGTERM)
            said = started.communicate()[0] + "(still running after a minute)"
        return subprocess.CompletedProcess(command, started.returncode, said)

    def _start(self, argv: list[str], out: int) -> "subprocess.Popen[str]":
        """Start a process in a group of its own, so that what it leaves running can be ended with it."""
        started = subprocess.Popen(
            argv, cwd=self._folder, env=self._env, text=True, stdout=out, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        self._started.append(started)
        return started

    def _hold(self, command: str) -> None:
        script = f". {self._state}\nexec {self._put(command)}"
        started = self._start(["bash", "-c", script], subprocess.DEVNULL)
        address = self._put("http://127.0.0.1:8601/readyz")
        until = time.monotonic() + 60
        while time.monotonic() < until and started.poll() is None:
            try:
                with urllib.request.urlopen(address, timeout=1) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise AssertionError(command)

    def _put(self, text: str) -> str:
        for shown, meant in self._stands_for.items():
            text = text.replace(shown, meant)
        return text

    def close(self) -> None:
        """Press Ctrl-C in every terminal."""
        for started in self._started:
            if started.poll() is None:
                started.terminate()
        for started in self._started:
            started.wait(timeout=20)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGTERM)
