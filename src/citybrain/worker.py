"""The worker: seals evidence, keeps indicators up to the log, opens alerts, starts scenarios, asks services.

Several workers may run: each duty holds a lock of its own, so a second one finds nothing to do.
"""

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from citybrain.blueprint.backup_keys import keep_list
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.lawful import check_laws_if_due
from citybrain.city.indicator import Indicator
from citybrain.city.whole import City
from citybrain.governance import person_requests
from citybrain.governance.bulk_reads import watch_bulk_reads
from citybrain.governance.dissent.clocks import watch
from citybrain.governance.effects import remind_effects
from citybrain.governance.emergencies import watch_emergencies
from citybrain.governance.scorecard import keep_if_due
from citybrain.governance.sharing import watch_requests
from citybrain.hub import statements
from citybrain.hub.calls.notices import noticing
from citybrain.hub.exports.making import QUEUE as EXPORTS
from citybrain.hub.scanning import scan_due
from citybrain.hub.subscriptions import line
from citybrain.insight.alerts import judge_states
from citybrain.insight.engines.duckdb import Engine
from citybrain.insight.places import place_of
from citybrain.insight.refresh import refresh
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.errors import CityBrainError
from citybrain.kernel.ids import new_id
from citybrain.kernel.settings import Settings
from citybrain.kernel.telemetry import logger, start_logging
from citybrain.kernel.workers import Worker
from citybrain.safeguards import evidence
from citybrain.safeguards.purpose_keys import wrap_keys
from citybrain.scenarios import runs
from citybrain.systems.polling import Poller
from citybrain.systems.registry import Deliverer, Folders

SEAL_EVERY_S = 0.5
LOOK_EVERY_S = 1.0
COMPACT_EVERY_S = 30.0
LAW_LOOK_EVERY_S = 20.0
SCAN_EVERY_S = 30.0
WATCH_EVERY_S = 20.0
SWEEP_EVERY_S = 10.0
REST_AFTER_FAULT_S = 2.0


def main() -> None:
    """Work until told to stop."""
    settings = Settings()
    start_logging(settings.log_format, settings.log_level)
    instance = Instance(settings, SystemClock(), new_id)
    stop = threading.Event()

    def heard(_: int, __: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, heard)
    signal.signal(signal.SIGINT, heard)
    work(instance, stop)


def work(instance: Instance, stop: threading.Event) -> None:
    """Do all duties until told to stop.

    Args:
        instance: This process's instance.
        stop: Set to end.

    """
    duties = [
        threading.Thread(target=_keep_doing, args=(lambda: _seal(instance, stop), stop), name="seal", daemon=True),
        threading.Thread(target=_keep_doing, args=(lambda: _follow(instance, stop), stop), name="follow", daemon=True),
        threading.Thread(target=_keep_doing, args=(lambda: _poll(instance, stop), stop), name="poll", daemon=True),
        threading.Thread(
            target=_keep_doing, args=(lambda: _compact(instance, stop), stop), name="compact", daemon=True
        ),
        threading.Thread(target=_keep_doing, args=(lambda: _judge(instance, stop), stop), name="law", daemon=True),
        threading.Thread(target=_keep_doing, args=(lambda: _scan(instance, stop), stop), name="scan", daemon=True),
        threading.Thread(target=_keep_doing, args=(lambda: _watch(instance, stop), stop), name="watch", daemon=True),
    ]
    duties += [
        threading.Thread(target=_keep_doing, args=(lambda run=run: run(stop), stop), name="push", daemon=True)
        for run in line.serving(instance.database, instance.clock, instance.pusher)
    ]
    duties += [
        threading.Thread(target=_keep_doing, args=(lambda: _export(instance, stop), stop), name="export", daemon=True),
        threading.Thread(
            target=_keep_doing, args=(lambda: ready_notices(instance).run(stop), stop), name="notice", daemon=True
        ),
        threading.Thread(target=_keep_doing, args=(lambda: _sweep(instance, stop), stop), name="sweep", daemon=True),
    ]
    for duty in duties:
        duty.start()
    stop.wait()
    for duty in duties:
        duty.join(timeout=5)
    instance.close()


def _keep_doing(duty: Callable[[], None], stop: threading.Event) -> None:
    """Run a duty; when the database goes away, rest and begin again."""
    while not stop.is_set():
        try:
            duty()
        except CityBrainError as error:
            logger().warning("worker.interrupted", duty=threading.current_thread().name, code=error.code)
            stop.wait(REST_AFTER_FAULT_S)
        except Exception:
            logger().exception("worker.bug", duty=threading.current_thread().name)
            stop.wait(REST_AFTER_FAULT_S)


def _seal(instance: Instance, stop: threading.Event) -> None:
    while not stop.wait(SEAL_EVERY_S):
        with instance.database.transaction() as connection:
            evidence.seal(connection)


def _poll(instance: Instance, stop: threading.Event) -> None:
    """Deliver files and ask services when they are due."""
    settings = instance.settings
    deliverer = Deliverer(
        instance.database, instance.city_now, instance.gate, instance.clock, instance.new_id, settings.batch_rows
    )
    folders = Folders(settings.data_dir, settings.home / "geography", settings.city_dir)
    poller = Poller(instance.database, deliverer, folders, instance.clock, replay_speed=settings.replay_speed)
    while not stop.wait(LOOK_EVERY_S):
        if instance.city.ready:
            poller.poll_due(instance.city_now())


def _judge(instance: Instance, stop: threading.Event) -> None:
    """Check the laws when a round is due."""
    while not stop.wait(LAW_LOOK_EVERY_S):
        check_laws_if_due(instance)


def _watch(instance: Instance, stop: threading.Event) -> None:
    """Watch clocks and bulk reads, and keep scores and statement of each day that is over."""
    while not stop.wait(WATCH_EVERY_S):
        if instance.city.ready:
            with instance.database.transaction() as connection:
                watch(connection, instance.city_now(), instance.clock, instance.new_id)
                person_requests.watch(connection, instance.city_now(), instance.clock, instance.new_id)
                watch_requests(connection, instance.city_now(), instance.clock, instance.new_id)
            with instance.database.transaction() as connection:
                watch_emergencies(connection, instance.city_now(), instance.clock, instance.new_id)
            with instance.database.transaction() as connection:
                watch_bulk_reads(connection, instance.city_now(), instance.clock, instance.new_id)
                remind_effects(connection, instance.city_now(), instance.clock, instance.new_id)
            with instance.database.transaction() as connection:
                keep_if_due(connection, instance.city_now(), instance.clock, instance.new_id)
            with instance.database.transaction() as connection:
                statements.keep_if_due(connection, instance.city_now(), instance.clock, instance.new_id)


def _scan(instance: Instance, stop: threading.Event) -> None:
    """Look at new contract versions for kinds their files do not declare; wrap keys once there is a key file."""
    if instance.settings.key_file is not None:
        with instance.database.transaction() as connection:
            wrap_keys(connection, instance.settings.key_file)
    while not stop.wait(SCAN_EVERY_S):
        if instance.city.ready:
            scan_due(instance.database, instance.city_now(), instance.reader, instance.clock)


def ready_notices(instance: Instance) -> Worker:
    """Return the worker that tells consumers of answers that came later.

    Args:
        instance: This process's instance.

    """
    return noticing(instance.database, instance.signer, instance.clock)


def _notice(instance: Instance, stop: threading.Event) -> None:
    """Tell consumers of answers that came later."""
    ready_notices(instance).run(stop)


def _export(instance: Instance, stop: threading.Event) -> None:
    """Make the files that are asked for, one at a time."""
    Worker(instance.database, instance.clock, (instance.exporter.duty(),), queues=(EXPORTS,), batch=1).run(stop)


def _sweep(instance: Instance, stop: threading.Event) -> None:
    """Take away the files that may not be kept any more."""
    while not stop.wait(SWEEP_EVERY_S):
        instance.eraser.clear()
        keep_list(instance)
        if instance.city.ready:
            instance.exporter.sweep()
            instance.later.sweep()


def _compact(instance: Instance, stop: threading.Event) -> None:
    """Move grown logs into the lake."""
    while not stop.wait(COMPACT_EVERY_S):
        if not instance.city.ready:
            continue
        contracts = instance.city_now().contracts
        for ref in instance.lake.due(instance.clock.now()):
            if ref in contracts:
                moved = instance.lake.compact(contracts[ref])
                logger().info("worker.compacted", contract=ref, rows=moved.rows if moved else 0)
        instance.lake.sweep(instance.clock.now())


def _follow(instance: Instance, stop: threading.Event) -> None:
    """Follow the log: what arrives is in the indicators within a second."""
    engine = Engine()
    try:
        pending: set[str] | None = None  # none means: everything may have changed
        for heard in instance.database.listen(
            "citybrain_log", "citybrain_revision", "citybrain_destroyed", timeout_s=LOOK_EVERY_S
        ):  # fmt: skip
            if stop.is_set():
                return
            if heard is not None and heard.channel == "citybrain_destroyed":
                instance.let_go_of_destroyed()
                continue
            if heard is not None and heard.channel == "citybrain_log":
                pending = (pending or set()) | {heard.payload} if pending is not None else {heard.payload}
            else:
                instance.city.look()
                pending = None
            if instance.city.ready:
                bring_up(instance, instance.city_now(), engine, pending)
            pending = set()
    finally:
        engine.close()


def bring_up(instance: Instance, city: City, engine: Engine, contracts: set[str] | None = None) -> int:
    """Bring indicators up to the log and act on what they say.

    Args:
        instance: This process's instance.
        city: The revision in force.
        engine: Computes.
        contracts: Only indicators that rest on these; none means all.

    Returns:
        How many indicators changed.

    """
    changed = 0
    measured = [item for item in city.indicators.values() if item.derived is None]
    derived = [item for item in city.indicators.values() if item.derived is not None]
    for indicator in [*measured, *derived]:
        if contracts is not None and not contracts & set(city.contracts_read_by(indicator)):
            continue
        try:
            done = refresh(city, indicator, instance.database, instance.reader, engine, instance.clock)
        except CityBrainError:
            raise
        except Exception:
            logger().exception("worker.indicator_failed", indicator=indicator.ref)
            continue
        if done is not None:
            changed += 1
            act_on(instance, city, indicator)
    return changed


def act_on(instance: Instance, city: City, indicator: Indicator) -> None:
    """Judge an indicator's states, open alerts, start the scenarios that wait for them.

    Args:
        instance: This process's instance.
        city: The revision in force.
        indicator: An indicator whose values changed.

    """
    started = time.monotonic()
    with instance.database.transaction() as connection:
        for alert in judge_states(connection, city, indicator, instance.clock.now(), instance.new_id):
            place = place_of(connection, city, instance.reader, indicator, alert.split, alert.key)
            runs.start_for(connection, city, alert, place, instance.clock, instance.new_id)
    logger().debug("worker.judged", indicator=indicator.ref, ms=round((time.monotonic() - started) * 1000))
