"""Running a city: ``up`` supervises everything; ``web`` and ``work`` are the processes it keeps."""

import contextlib
import os
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import click

from citybrain import worker
from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.city.system import FilesFrom
from citybrain.city.whole import City
from citybrain.cli.opening import database_folder
from citybrain.cli.simulators import service_programs, simulator_programs
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.embedded import EmbeddedServer
from citybrain.kernel.errors import Unavailable, WrongUse
from citybrain.kernel.ids import new_id
from citybrain.kernel.messages import say
from citybrain.kernel.migrations import migrate
from citybrain.kernel.processes import Program, Supervisor
from citybrain.kernel.settings import Settings
from citybrain.systems.polling import has_files
from citybrain.systems.registry import Deliverer, Folders
from citybrain.web import server

HERE = "citybrain"


@click.command()
@click.option(
    "--city", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="城市文件夹 city folder"
)
@click.option("--port", type=int, help="端口 port")
@click.option("--simulate/--no-simulate", default=True, help="启动部门系统模拟器 start the department simulators")
def up(folder: Path | None, port: int | None, *, simulate: bool) -> None:
    """运行一座城市：数据库、中枢、驾驶舱与模拟器，一条命令。Run a city with one command."""
    settings = Settings().model_copy(update={"demo": True} | ({"port": port} if port else {}))
    folder = folder or demo_city()
    _check_port(settings)
    loaded = load(folder)
    embedded = None
    url = settings.database_url
    if url is None:
        embedded = EmbeddedServer(database_folder(settings))
        url = embedded.start()
    clock = SystemClock()
    try:
        migrate(url, clock)
        settings = settings.model_copy(update={"database_url": url})
        instance = Instance(settings, clock, new_id)
        try:
            with instance.database.transaction() as connection:
                apply(connection, loaded, "citybrain up", clock, new_id, reason="citybrain up")
            instance.city.look()
            city = instance.city_now()
            _deliver_own_files(instance, city, folder)
            folders = Folders(settings.data_dir, settings.home / "geography", folder.resolve())
            simulators = simulator_programs(instance, city, address(settings), folders) if simulate else []
            services, addresses = service_programs(city) if simulate else ([], {})
            programs = [*_own_programs(settings, url, folder, addresses), *services, *simulators]
        finally:
            instance.close()
        watch = [embedded.ensure_running] if embedded is not None else []
        supervisor = Supervisor(programs, settings.home / "log", clock, each_second=watch)
        supervisor.run(lambda: _welcome(settings, city, folder))
    finally:
        if embedded is not None:
            embedded.stop()


def _deliver_own_files(instance: Instance, city: City, folder: Path) -> None:
    """Take in the files a city folder brings along, such as its divisions; they are known again at the next start."""
    folders = Folders(None, instance.settings.home / "geography", folder)
    deliverer = Deliverer(instance.database, instance.city_now, instance.gate, instance.clock, instance.new_id)
    for source in city.sources.values():
        if isinstance(source.from_, FilesFrom) and source.from_.folder == "city" and has_files(source, folders):
            list(deliverer.deliver_files(source.ref, folders))


def demo_city() -> Path:
    """Find the demo city: beside the sources, or inside the installed package.

    Raises:
        WrongUse: Neither is there.

    """
    package = Path(__file__).parents[1]
    for place in (package.parents[1] / "cities" / "hangzhou", package / "_cities" / "hangzhou"):
        if (place / "city.yaml").is_file():
            return place
    raise WrongUse("edge.no_demo_city")


def _check_port(settings: Settings) -> None:
    with socket.socket() as probe, contextlib.suppress(ConnectionRefusedError):
        probe.settimeout(1)
        probe.connect((settings.host, settings.port))
        raise Unavailable("edge.port_taken", port=settings.port)


def _own_programs(settings: Settings, url: str, folder: Path, addresses: Mapping[str, str]) -> list[Program]:
    env = {
        **addresses,
        "CITYBRAIN_DATABASE_URL": url,
        "CITYBRAIN_HOME": str(settings.home),
        "CITYBRAIN_PORT": str(settings.port),
        "CITYBRAIN_HOST": settings.host,
        "CITYBRAIN_DEMO": "1",
        "CITYBRAIN_CITY_DIR": str(folder.resolve()),
    }
    command = (sys.executable, "-m", "citybrain.cli")
    return [
        Program("web", (*command, "web"), env, ready=lambda: _answers(settings)),
        Program("worker", (*command, "work"), env),
    ]


def _answers(settings: Settings) -> bool:
    try:
        with urllib.request.urlopen(f"{address(settings)}/readyz", timeout=2) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def address(settings: Settings) -> str:
    """Return the address people open.

    Args:
        settings: Told from outside.

    """
    return settings.public_url or f"http://{settings.host}:{settings.port}"


def _welcome(settings: Settings, city: City, folder: Path) -> None:
    language = settings.language
    click.echo(say("edge.welcome", language, city=city.settings.city.name.said(language), address=address(settings)))
    people = [(person, post, department) for person, post, department in city.people() if person.demo]
    if people:
        click.echo(say("edge.welcome_people", language))
    for person, post, department in people:
        names = (person.person, person.name.said(language), post.name.said(language), department.name.said(language))
        click.echo("  {:<10} {} · {} · {}".format(*names))
    click.echo(say("edge.welcome_more", language, folder=folder, home=settings.home))


@click.command()
def web() -> None:
    """运行网页与接口进程。Run one web process."""
    settings = Settings()
    if settings.database_url is None:
        raise Unavailable("kernel.database_unavailable")
    server.serve(settings)


@click.command()
def work() -> None:
    """运行后台进程：封存、指标、告警、场景。Run one worker process."""
    os.environ.setdefault("POLARS_MAX_THREADS", "2")
    worker.main()
