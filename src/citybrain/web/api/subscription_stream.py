"""Subscriptions as server-sent events: open while the grant is, ended within a second when it is closed."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from litestar import get
from litestar.params import FromPath
from litestar.response import ServerSentEvent, ServerSentEventMessage

from citybrain.blueprint.instance import Instance
from citybrain.hub import credentials
from citybrain.hub.question import Place
from citybrain.hub.release import Release
from citybrain.hub.subscriptions import standing
from citybrain.hub.subscriptions.events import events_of
from citybrain.kernel.errors import AccessRefused, CityBrainError, NotAuthenticated, NotKnown, Unavailable, WrongUse
from citybrain.kernel.messages import Language
from citybrain.kernel.telemetry import logger
from citybrain.web.api.asking import Asking
from citybrain.web.api.batches import bearer
from citybrain.web.api.subscriptions import own
from citybrain.web.entrance import Entrance
from citybrain.web.language import language_of
from citybrain.web.problems import as_problem, dumps

PAGE_ROWS: Final = 500
CHECK_S: Final = 5.0
FRESH_S: Final = 0.5
TICK_S: Final = 1.0
MOST_STREAMS: Final = 500
CHANNELS: Final = ("citybrain_log", "citybrain_grant", "citybrain_revision")


@dataclass(eq=False, slots=True)
class _Ear:
    loop: asyncio.AbstractEventLoop
    signal: asyncio.Event = field(default_factory=asyncio.Event)


class Ears:
    """Wakes the open streams of this process when the log grows or a grant changes."""

    def __init__(self, instance: Instance) -> None:
        """Describe them; nothing is opened yet.

        Args:
            instance: This process's instance.

        """
        self._instance = instance
        self._ears: set[_Ear] = set()
        self._mutex = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="ears", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; returns when that is done."""
        self._stop.set()
        self._thread.join(timeout=2 * TICK_S)

    def open(self) -> _Ear:
        """Open a stream's ear.

        Raises:
            Unavailable: Too many streams in this process.

        """
        ear = _Ear(asyncio.get_running_loop())
        with self._mutex:
            if len(self._ears) >= MOST_STREAMS:
                raise Unavailable("edge.too_busy")
            self._ears.add(ear)
        return ear

    def close(self, ear: _Ear) -> None:
        """Close a stream's ear.

        Args:
            ear: As opened.

        """
        with self._mutex:
            self._ears.discard(ear)

    def _keep(self) -> None:
        while not self._stop.is_set():
            try:
                for heard in self._instance.database.listen(*CHANNELS, timeout_s=TICK_S):
                    if self._stop.is_set():
                        return
                    if heard is not None:
                        self._wake()
            except CityBrainError as error:
                logger().warning("web.ears_interrupted", code=error.code)
                self._stop.wait(TICK_S)
                self._wake()
            except Exception:
                logger().exception("web.ears_bug")
                self._stop.wait(TICK_S)

    def _wake(self) -> None:
        with self._mutex:
            ears = list(self._ears)
        for ear in ears:
            try:
                ear.loop.call_soon_threadsafe(ear.signal.set)
            except RuntimeError:
                self.close(ear)  # its loop has ended


@dataclass(frozen=True, slots=True)
class _Streaming:
    """Who streams what: everything one look at the hub needs."""

    instance: Instance
    secret: str
    subscription: str
    language: Language

    def begin(self, last_event: str | None) -> Place:
        """Tell where to begin; the id of the last event acknowledges everything up to it."""
        with self.instance.database.transaction() as connection:
            system = credentials.authenticate(connection, self.secret)
            now = own(connection, self.subscription, system)
            if now.way != "stream":
                raise WrongUse("subscriptions.way_wrong", way=now.way)
            if last_event:
                now = standing.put_place(connection, now, Place.read(last_event), self.instance.clock)
        self.instance.releaser.require(now.question(1), system)
        return now.place

    def look(self, place: Place) -> tuple[Release | None, str]:
        """Ask for what follows a place; checks key, subscription and grant even where nothing follows."""
        with self.instance.database.reading() as connection:
            system = credentials.authenticate(connection, self.secret)
            now = own(connection, self.subscription, system)
            behind = standing.is_behind(connection, now.contract, place)
        if now.state == "ended":
            raise NotKnown("subscriptions.unknown", subscription=self.subscription)
        if not behind:
            self.instance.releaser.require(now.question(1, place), system)
            return None, now.contract
        return self.instance.releaser.release(now.question(PAGE_ROWS, place), system, channel="stream"), now.contract

    def revoked(self, error: CityBrainError) -> ServerSentEventMessage:
        """Say why the stream ends."""
        told = dumps(as_problem(error, self.language, self.instance.new_id)).decode()
        return ServerSentEventMessage(event="revoked", data=told)


@get("/api/v1/subscriptions/{subscription:str}/stream")
async def stream(subscription: FromPath[str], request: Asking) -> ServerSentEvent:
    """Send rows as they are admitted, as events whose id is their place; ``Last-Event-ID`` resumes after one.

    When the grant is closed the stream ends with an event ``revoked`` that says why.
    """
    instance, entrance, ears = request.app.state.instance, request.app.state.entrance, request.app.state.ears
    language = language_of(request, instance.settings.language)
    what = _Streaming(instance, bearer(request.headers.get("authorization")), subscription, language)
    last_event = request.headers.get("last-event-id")
    place = await entrance.enter(lambda: what.begin(last_event))
    headers = {"x-accel-buffering": "no", "cache-control": "no-store"}
    return ServerSentEvent(_events(what, place, entrance, ears), headers=headers)


async def _events(
    what: _Streaming, place: Place, entrance: Entrance, ears: Ears
) -> AsyncIterator[ServerSentEventMessage]:
    ear = ears.open()
    try:
        yield ServerSentEventMessage(comment="open", data=None)
        while True:
            ear.signal.clear()
            try:
                release, contract = await entrance.enter(partial(what.look, place))
            except (AccessRefused, NotAuthenticated, NotKnown) as error:
                yield what.revoked(error)
                return
            if release is not None:
                fresh_until, all_sent = time.monotonic() + FRESH_S, True
                for event, at in zip(events_of(release, contract), release.places, strict=True):
                    if time.monotonic() > fresh_until:
                        all_sent = False  # a reader who is slow gets no row under a grant that was closed meanwhile
                        break
                    yield ServerSentEventMessage(id=str(at), event="row", data=dumps(event).decode())
                    place = at
                if all_sent and release.place is not None:
                    place = release.place
                if release.more or not all_sent:
                    continue
            try:
                await asyncio.wait_for(ear.signal.wait(), CHECK_S)
            except TimeoutError:
                yield ServerSentEventMessage(comment="still here", data=None)
    except CityBrainError as error:
        logger().warning("web.stream_interrupted", code=error.code)  # the subscriber comes again with its last id
    finally:
        ears.close(ear)


HANDLERS: list[Any] = [stream]
