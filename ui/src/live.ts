/** Puts what the stream sends into the page and says when the stream is lost. */
import { roll } from "./roll";
import { Feed, type ToPage, type ToWorker } from "./stream";

const PATIENCE_MS = 5_000;

interface ChartElement extends HTMLElement {
  takeOver?(old: ChartElement): void;
}

class LivePage extends HTMLElement {
  private port: MessagePort | null = null;
  private feed: Feed | null = null;
  private patience = 0;
  private readonly leave = (): void => this.stop();
  private readonly rejoin = (event: PageTransitionEvent): void => {
    if (event.persisted) this.start();
  };

  connectedCallback(): void {
    addEventListener("pagehide", this.leave);
    addEventListener("pageshow", this.rejoin);
    if (this.dataset.src) this.start();
  }

  disconnectedCallback(): void {
    removeEventListener("pagehide", this.leave);
    removeEventListener("pageshow", this.rejoin);
    this.stop();
  }

  private start(): void {
    const src = this.dataset.src ?? "";
    this.worry();
    if (typeof SharedWorker === "undefined") {
      this.feed = new Feed(src, (message) => this.hear(message));
      return;
    }
    const worker = new SharedWorker(new URL("./live-worker.ts", import.meta.url), { type: "module", name: "citybrain-live" });
    worker.addEventListener("error", () => {
      if (!this.port || this.feed) return;
      this.port = null;
      this.feed = new Feed(src, (message) => this.hear(message));
    });
    this.port = worker.port;
    this.port.onmessage = (event: MessageEvent<ToPage>) => this.hear(event.data);
    this.port.start();
    this.tell({ say: "join", src, key: `${src} ${this.dataset.viewer ?? ""}` });
  }

  private stop(): void {
    clearTimeout(this.patience);
    this.tell({ say: "leave" });
    this.port?.close();
    this.port = null;
    this.feed?.close();
    this.feed = null;
  }

  private tell(message: ToWorker): void {
    this.port?.postMessage(message);
  }

  private hear(message: ToPage): void {
    switch (message.say) {
      case "ping":
        return this.tell({ say: "here" });
      case "lost":
        return this.worry();
      case "open":
        return this.calm();
      case "state":
        return this.published((JSON.parse(message.data) as { published?: string }).published);
      case "widget": {
        const { id, html } = JSON.parse(message.data) as { id: string; html: string };
        return this.replace(id, html);
      }
    }
  }

  private worry(): void {
    if (this.patience) return;
    this.patience = window.setTimeout(() => {
      document.documentElement.dataset.feed = "lost";
      this.mark(this.dataset.lost, true);
    }, PATIENCE_MS);
  }

  private calm(): void {
    clearTimeout(this.patience);
    this.patience = 0;
    if (document.documentElement.dataset.feed !== "lost") return;
    delete document.documentElement.dataset.feed;
    this.mark(this.dataset.published, false);
  }

  private published(until: string | undefined): void {
    const feed = document.getElementById("feed");
    if (!feed || !until) return;
    feed.dataset.until = until;
    this.calm();
    this.mark(this.dataset.published, false);
  }

  private mark(words: string | undefined, lost: boolean): void {
    const feed = document.getElementById("feed");
    if (!feed || !words) return;
    feed.classList.toggle("is-lost", lost);
    const text = words.replace("{time}", feed.dataset.until || "—");
    if (feed.textContent === text) return;
    feed.textContent = text;
    if (lost) this.announce(text);
  }

  private replace(id: string, html: string): void {
    const old = document.getElementById(id);
    if (!old) return;
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const fresh = holder.content.firstElementChild as HTMLElement | null;
    if (!fresh || fresh.id !== id || fresh.outerHTML === old.dataset.sent) return;
    fresh.dataset.sent = fresh.outerHTML;
    const focus = this.focused(old);
    const oldChart = old.querySelector<ChartElement>("cb-chart");
    old.replaceWith(fresh);
    if (oldChart) fresh.querySelector<ChartElement>("cb-chart")?.takeOver?.(oldChart);
    focus?.(fresh);
    roll(old, fresh);
    if (fresh.dataset.state === "alarm" && old.dataset.state !== "alarm") {
      this.announce((this.dataset.alarm ?? "").replace("{name}", fresh.dataset.name ?? ""));
    }
    this.announceRows(old, fresh);
  }

  /** A new alarm row of a task list is spoken once. */
  private announceRows(old: Element, fresh: Element): void {
    const known = new Set([...old.querySelectorAll(".tk b")].map((row) => row.textContent));
    for (const row of fresh.querySelectorAll(".tk li")) {
      const title = row.querySelector("b")?.textContent ?? "";
      if (row.querySelector(".st.alarm") && !known.has(title)) {
        this.announce((this.dataset.alarm ?? "").replace("{name}", title));
      }
    }
  }

  private focused(old: Element): ((fresh: Element) => void) | null {
    const active = document.activeElement;
    if (!active || !old.contains(active)) return null;
    const place = [...old.querySelectorAll("a,button,input,select,textarea,[tabindex]")].indexOf(active as HTMLElement);
    return (fresh) => {
      const all = fresh.querySelectorAll<HTMLElement>("a,button,input,select,textarea,[tabindex]");
      all[Math.min(place, all.length - 1)]?.focus({ preventScroll: true });
    };
  }

  private announce(text: string): void {
    const place = document.getElementById("announcer");
    if (!place || !text) return;
    const line = document.createElement("p");
    line.textContent = text;
    place.append(line);
    while (place.childElementCount > 5) place.firstElementChild?.remove();
  }
}

customElements.define("cb-live", LivePage);
