"""A really running city that can be hurt: supervisor, embedded PostgreSQL, web and worker as processes of their own."""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class RunningCity:
    """``citybrain up`` on a folder of its own."""

    home: Path
    port: int
    city: Path
    process: subprocess.Popen[bytes] | None = None
    env: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "citybrain.cli", *words]

    def start(self) -> None:
        argv = self.command("up", "--city", str(self.city), "--port", str(self.port), "--no-simulate")
        with (self.home / "up.log").open("ab") as log:
            self.process = subprocess.Popen(argv, env=self.env, stdout=log, stderr=log, cwd=self.home)
        self.await_ready()

    def await_ready(self, within_s: float = 60.0) -> None:
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            if self.process is not None and self.process.poll() is not None:
                self.start()
                return
            try:
                with urllib.request.urlopen(f"{self.address}/readyz", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.1)
        raise AssertionError((self.home / "up.log").read_text()[-3000:])

    def run(self, *words: str) -> Any:
        done = subprocess.run(
            self.command(*words), env=self.env, capture_output=True, cwd=self.home, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    def processes(self) -> dict[str, int]:
        """Name every process of the city that can be killed."""
        found: dict[str, int] = {}
        if self.process is not None and self.process.poll() is None:
            supervisor = psutil.Process(self.process.pid)
            found["supervisor"] = supervisor.pid
            for child in supervisor.children(recursive=True):
                try:
                    words = child.cmdline()
                except psutil.Error:
                    continue
                if "web" in words[-1:]:
                    found["web"] = child.pid
                    found.update({f"web child {n}": item.pid for n, item in enumerate(child.children())})
                elif "work" in words[-1:]:
                    found["worker"] = child.pid
        pid_file = self.home / "postgres" / "data" / "postmaster.pid"
        if pid_file.exists():
            found["postgres"] = int(pid_file.read_text().split()[0])
        return found

    def kill_one(self, chance: random.Random) -> str:
        names = sorted(self.processes())
        name = chance.choice(names)
        pid = self.processes().get(name)
        if pid is not None and psutil.pid_exists(pid):
            os.kill(pid, signal.SIGKILL)
        return name

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def post(self, body: bytes, key: str, secret: str, timeout_s: float = 10.0) -> tuple[int, dict[str, Any]]:
        request = urllib.request.Request(
            f"{self.address}/api/v1/contracts/metro/flow_15min/batches",
            data=body,
            headers={
                "authorization": f"Bearer {secret}",
                "content-type": "application/x-ndjson",
                "idempotency-key": key,
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")


@pytest.fixture
def running_city() -> Iterator[RunningCity]:
    home = Path(tempfile.mkdtemp(prefix="citybrain-fault-"))
    home.chmod(0o755)
    env = {key: value for key, value in os.environ.items() if not key.startswith("CITYBRAIN_")}
    env |= {"CITYBRAIN_HOME": str(home), "PYTHONPATH": str(ROOT / "src") + os.pathsep + str(ROOT)}
    made = RunningCity(home, free_port(), ROOT / "cities" / "tiny", env=env)
    made.start()
    yield made
    made.stop()
    shutil.rmtree(home, ignore_errors=True)
