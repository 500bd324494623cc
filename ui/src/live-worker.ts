/** One connection per stream and viewer for all tabs of a browser. */
import { Feed, type ToPage, type ToWorker } from "./stream";

const PING_MS = 20_000;
const GONE_MS = 90_000;

interface Room {
  feed: Feed;
  /** Latest message per widget, so that a tab that joins later starts complete. */
  latest: Map<string, ToPage>;
  ports: Map<MessagePort, number>;
}

const rooms = new Map<string, Room>();

function room(key: string, src: string): Room {
  const known = rooms.get(key);
  if (known) return known;
  const ports = new Map<MessagePort, number>();
  const latest = new Map<string, ToPage>();
  const feed = new Feed(src, (message) => {
    if (message.say === "widget") latest.set((JSON.parse(message.data) as { id: string }).id, message);
    if (message.say === "state") latest.set("", message);
    for (const port of ports.keys()) port.postMessage(message);
  });
  const made = { feed, latest, ports };
  rooms.set(key, made);
  return made;
}

function leave(port: MessagePort): void {
  for (const [key, { feed, ports }] of rooms) {
    ports.delete(port);
    if (ports.size === 0) {
      feed.close();
      rooms.delete(key);
    }
  }
}

function hear(port: MessagePort, message: ToWorker): void {
  if (message.say === "leave") return leave(port);
  if (message.say === "here") {
    for (const { ports } of rooms.values()) if (ports.has(port)) ports.set(port, Date.now());
    return;
  }
  const { feed, latest, ports } = room(message.key, message.src);
  ports.set(port, Date.now());
  for (const last of latest.values()) port.postMessage(last);
  if (feed.alive) port.postMessage({ say: "open" } satisfies ToPage);
}

addEventListener("connect", (event) => {
  const port = (event as MessageEvent).ports[0];
  if (!port) return;
  port.onmessage = (heard: MessageEvent<ToWorker>) => hear(port, heard.data);
  port.start();
});

setInterval(() => {
  const now = Date.now();
  for (const { ports } of [...rooms.values()]) {
    for (const [port, seen] of [...ports]) {
      if (now - seen > GONE_MS) leave(port);
      else port.postMessage({ say: "ping" } satisfies ToPage);
    }
  }
}, PING_MS);
