/** Rolls a changed figure to its new value once, within 400 ms, unless the reader asked for no motion. */
const ROLL_MS = 360;
const MINUS = "\u2212";

function written(value: number, decimals: number): string {
  const text = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

export function roll(old: Element, fresh: Element): void {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const before = old.querySelector<HTMLElement>(".num");
  const after = fresh.querySelector<HTMLElement>(".num");
  const shown = after?.querySelector(".fig");
  if (!before || !after || !shown || !before.dataset.value || !after.dataset.value) return;
  const from = Number(before.dataset.value);
  const to = Number(after.dataset.value);
  const final = shown.textContent ?? "";
  if (from === to || !Number.isFinite(from) || !Number.isFinite(to)) return;
  const decimals = Number(after.dataset.decimals ?? 0);
  const start = performance.now();
  const step = (now: number): void => {
    const share = Math.min(1, (now - start) / ROLL_MS);
    const eased = 1 - (1 - share) ** 3;
    shown.textContent = share < 1 ? written(from + (to - from) * eased, decimals) : final;
    if (share < 1 && after.isConnected) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}
