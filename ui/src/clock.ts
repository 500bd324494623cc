/** Keeps the clock of a wall going from the server's time, minute by minute. */
class CityClock extends HTMLElement {
  private timer = 0;

  connectedCallback(): void {
    const time = this.querySelector("time");
    const shown = time?.querySelector(".hm");
    if (!time || !shown) return;
    const stamp = time.dateTime;
    const zone = /([+-]\d\d):?(\d\d)$/.exec(stamp);
    const offsetMs = zone ? (Number(zone[1]) * 60 + Math.sign(Number(zone[1])) * Number(zone[2])) * 60_000 : 0;
    const start = Date.parse(stamp) - performance.now();
    this.timer = window.setInterval(() => {
      const here = new Date(start + performance.now() + offsetMs);
      shown.textContent = here.toISOString().slice(11, 16);
    }, 5_000);
  }

  disconnectedCallback(): void {
    window.clearInterval(this.timer);
  }
}

customElements.define("cb-clock", CityClock);
