"""Live cockpits: each board is rendered once for all viewers of equal scope and only what changed is sent.

One thread listens for the whole process; every viewer has a short queue in which the latest state of a widget wins.
"""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from litestar import get
from litestar.params import FromPath
from litestar.response import ServerSentEvent, ServerSentEventMessage

from citybrain.blueprint.instance import Instance
from citybrain.city.whole import City
from citybrain.cockpits.view import Cockpit
from citybrain.kernel.errors import CityBrainError, NotKnown, Unavailable
from citybrain.kernel.messages import Language
from citybrain.kernel.telemetry import logger
from citybrain.safeguards.viewing import Viewer, viewer_of
from citybrain.web.cockpit.boards import Geography, compose
from citybrain.web.door import entrance_of
from citybrain.web.frames import Asked, instance_of, reading_language
from citybrain.web.pages import render_widget, widget_id
from citybrain.web.sessions import Visit, still_open, viewer_in

TICK_S = 1.0
GATHER_S = 0.05
PING_S = 15.0
LEAVE_S = 5.0
END = "end"
DESTROYED = "citybrain_destroyed"
CHANNELS = ("citybrain_value", "citybrain_task", "citybrain_revision", DESTROYED)
TOPIC_PREFIX = "cockpit."
MOST_READERS = 12_000


@dataclass(eq=False, slots=True)
class Reader:
    """One open stream: changed widgets wait here until they are sent; a newer one replaces an older."""

    loop: asyncio.AbstractEventLoop
    session: str
    person: str
    waiting: dict[str, str] = field(default_factory=dict)
    signal: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, messages: dict[str, str]) -> None:
        """Leave messages, from the listening thread."""
        self.loop.call_soon_threadsafe(self._put, messages)

    def _put(self, messages: dict[str, str]) -> None:
        self.waiting.update(messages)
        self.signal.set()


@dataclass(eq=False, slots=True)
class Channel:
    """All readers of one cockpit with the same scope and language.

    Attributes:
        sent: Last HTML of each widget, so that only changes go out.

    """

    name: str
    viewer: Viewer
    language: Language
    readers: set[Reader] = field(default_factory=set)
    sent: dict[str, str] = field(default_factory=dict)


class Board:
    """Keeps open cockpits current."""

    def __init__(self, instance: Instance, geography: Geography) -> None:
        """Begin to listen.

        Args:
            instance: This process's instance.
            geography: Names and shapes.

        """
        self._instance = instance
        self._geography = geography
        self._channels: dict[tuple[str, str, str], Channel] = {}
        self._mutex = threading.Lock()
        self._looked_s = time.monotonic()
        self._stop = threading.Event()
        self._changed = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep, args=(self._listen,), name="board-listen", daemon=True),
            threading.Thread(target=self._keep, args=(self._draw,), name="board-draw", daemon=True),
        ]

    def start(self) -> None:
        """Start listening and drawing."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop listening and drawing; returns when both have ended."""
        self._stop.set()
        self._changed.set()
        for thread in self._threads:
            thread.join(timeout=2 * TICK_S)

    def join(
        self, name: str, visit: Visit, language: Language, loop: asyncio.AbstractEventLoop
    ) -> tuple[Channel, Reader]:
        """Open a stream.

        Args:
            name: Cockpit.
            visit: Who reads.
            language: ``zh`` or ``en``.
            loop: Event loop of the reader.

        Raises:
            NotKnown: This viewer may not open the cockpit.
            Unavailable: Too many readers in this process.

        """
        viewer = visit.viewer
        compose(self._instance, self._geography, viewer, name, language)
        reader = Reader(loop, visit.session, viewer.person)
        with self._mutex:
            if sum(len(channel.readers) for channel in self._channels.values()) >= MOST_READERS:
                raise Unavailable("edge.too_busy")
            key = (name, viewer.scope, language)
            channel = self._channels.setdefault(key, Channel(name, viewer, language))
            channel.readers.add(reader)
        self._refresh(channel, everything_to=reader)
        return channel, reader

    def leave(self, channel: Channel, reader: Reader) -> None:
        """Close a stream.

        Args:
            channel: Its channel.
            reader: The reader.

        """
        with self._mutex:
            channel.readers.discard(reader)
            if not channel.readers:
                self._channels.pop((channel.name, channel.viewer.scope, channel.language), None)

    def _keep(self, duty: Callable[[], None]) -> None:
        """Run a duty; when the database goes away, rest and begin again."""
        while not self._stop.is_set():
            try:
                duty()
            except CityBrainError as error:
                logger().warning("web.board_interrupted", code=error.code)
                self._stop.wait(TICK_S)
            except Exception:
                logger().exception("web.board_bug")
                self._stop.wait(TICK_S)

    def _listen(self) -> None:
        for heard in self._instance.database.listen(*CHANNELS, timeout_s=TICK_S):
            if self._stop.is_set():
                return
            if heard is not None and heard.channel == DESTROYED:
                self._instance.let_go_of_destroyed()
            if heard is not None:
                self._changed.set()

    def _draw(self) -> None:
        """Draw open cockpits again when something changed, and once a second: time alone makes figures late.

        However many changes come while one drawing is under way, they make one more drawing.
        """
        while not self._stop.is_set():
            if self._changed.wait(TICK_S):
                self._stop.wait(GATHER_S)  # what belongs together arrives together
                self._changed.clear()
            new_revision = self._instance.city.look()
            if new_revision or time.monotonic() - self._looked_s > LEAVE_S:
                self._looked_s = time.monotonic()
                self._end_those_who_may_not()
            with self._mutex:
                channels = list(self._channels.values())
            for channel in channels:
                self._refresh(channel)

    def _end_those_who_may_not(self) -> None:
        """Close streams of sessions that ended, and of people whose post is no longer what it was."""
        with self._mutex:
            reading = [(channel, reader) for channel in self._channels.values() for reader in channel.readers]
        if not reading:
            return
        city = self._instance.city_now()
        opened = still_open(self._instance, {reader.session for _, reader in reading})
        posts = {person: viewer_or_none(city, person) for person in {reader.person for _, reader in reading}}
        for channel, reader in reading:
            now = posts[reader.person]
            same = now is not None and (now.scope, now.may) == (channel.viewer.scope, channel.viewer.may)
            if reader.session not in opened or not same:
                reader.put({END: ""})

    def _refresh(self, channel: Channel, everything_to: Reader | None = None) -> None:
        try:
            viewer = viewer_of(self._instance.city_now(), channel.viewer.person)
            if viewer.scope != channel.viewer.scope:
                raise NotKnown("cockpits.cockpit_unknown", cockpit=channel.name)
            cockpit = compose(self._instance, self._geography, viewer, channel.name, channel.language)
        except NotKnown:
            self._end(channel)  # the post has changed or lost the cockpit: who may see it now asks again
            return
        fresh = rendered(cockpit, channel.language)
        changes = {key: html for key, html in fresh.items() if channel.sent.get(key) != html}
        channel.sent = fresh
        with self._mutex:
            readers = list(channel.readers)
        for reader in readers:
            found = fresh if reader is everything_to else changes
            if found:
                reader.put(found)

    def _end(self, channel: Channel) -> None:
        with self._mutex:
            readers = list(channel.readers)
        for reader in readers:
            reader.put({END: ""})


def viewer_or_none(city: City, person: str) -> Viewer | None:
    """Tell on which post somebody looks now; none when nobody of that name holds one.

    Args:
        city: The revision in force.
        person: Short name.

    """
    try:
        return viewer_of(city, person)
    except NotKnown:
        return None


def rendered(cockpit: Cockpit, language: Language) -> dict[str, str]:
    """Render every widget of a cockpit as the message that brings it.

    Args:
        cockpit: What is shown.
        language: ``zh`` or ``en``.

    """
    found = {
        widget_id(widget): json.dumps(
            {"id": widget_id(widget), "html": render_widget(widget, language=language)}, ensure_ascii=False
        )
        for widget in (*cockpit.tiles, *cockpit.panels)
    }
    return {**found, "state": json.dumps({"published": cockpit.published_at})}


@get("/stream/{topic:str}")
async def stream(topic: FromPath[str], request: Asked) -> ServerSentEvent:
    """Send what changes on an open cockpit."""
    instance, language = instance_of(request), reading_language(request)
    board: Board = request.app.state.board
    loop = asyncio.get_running_loop()

    def enter() -> tuple[Channel, Reader]:
        visit = viewer_in(instance, request.cookies)
        return board.join(topic.removeprefix(TOPIC_PREFIX), visit, language, loop)

    channel, reader = await entrance_of(request).enter(enter)
    headers = {"x-accel-buffering": "no", "cache-control": "no-store"}
    return ServerSentEvent(_events(board, channel, reader), headers=headers)


async def _events(board: Board, channel: Channel, reader: Reader) -> AsyncIterator[ServerSentEventMessage]:
    try:
        while True:
            try:
                await asyncio.wait_for(reader.signal.wait(), PING_S)
            except TimeoutError:
                yield ServerSentEventMessage(comment="still here")
                continue
            reader.signal.clear()
            waiting, reader.waiting = reader.waiting, {}
            if END in waiting:
                return
            for key, data in waiting.items():
                yield ServerSentEventMessage(event="state" if key == "state" else "widget", data=data)
    finally:
        board.leave(channel, reader)


ROUTES: list[Any] = [stream]
