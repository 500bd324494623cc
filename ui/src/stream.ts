/** What the stream's worker and a page say to each other. */
export type ToWorker =
  | { say: "join"; src: string; key: string }
  | { say: "leave" }
  | { say: "here" };

export type ToPage =
  | { say: "widget"; data: string }
  | { say: "state"; data: string }
  | { say: "open" }
  | { say: "lost" }
  | { say: "ping" };

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 15_000;

/** Reads one stream for as long as somebody listens, and starts again when it was closed for good. */
export class Feed {
  private source: EventSource | null = null;
  private retry = 0;
  private waitMs = FIRST_RETRY_MS;
  private connected = false;

  constructor(
    private readonly src: string,
    private readonly tell: (message: ToPage) => void,
  ) {
    this.open();
  }

  get alive(): boolean {
    return this.connected;
  }

  close(): void {
    clearTimeout(this.retry);
    this.source?.close();
  }

  private open(): void {
    const source = new EventSource(this.src);
    this.source = source;
    source.addEventListener("open", () => {
      this.connected = true;
      this.waitMs = FIRST_RETRY_MS;
      this.tell({ say: "open" });
    });
    for (const kind of ["widget", "state"] as const) {
      source.addEventListener(kind, (event) => this.tell({ say: kind, data: (event as MessageEvent<string>).data }));
    }
    source.addEventListener("error", () => {
      if (this.connected) this.tell({ say: "lost" });
      this.connected = false;
      if (source.readyState !== EventSource.CLOSED) return;
      this.retry = setTimeout(() => this.open(), this.waitMs) as unknown as number;
      this.waitMs = Math.min(this.waitMs * 2, LAST_RETRY_MS);
    });
  }
}
