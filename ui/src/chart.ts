/** Draws a chart from the cells of the table behind it, so that both always say the same. */
import type { EChartsType } from "echarts/core";
import { drawing, type Sheet } from "./chart-drawing";
import { echarts } from "./chart-engine";

function sheet(chart: HTMLElement): Sheet {
  const heads = [...chart.querySelectorAll<HTMLElement>("thead th[data-role]")];
  const rows = [...chart.querySelectorAll("tbody tr")];
  const data = chart.dataset;
  return {
    labels: rows.map((row) => row.querySelector("th")?.textContent ?? ""),
    series: heads.map((head, column) => ({
      name: head.textContent ?? "",
      role: head.dataset.role ?? "measured",
      values: rows.map((row) => {
        const cell = row.querySelectorAll("td")[column];
        return cell?.dataset.value === undefined ? null : Number(cell.dataset.value);
      }),
    })),
    bars: data.kind === "bar",
    divisor: Number(data.divisor ?? 1),
    decimals: Number(data.decimals ?? 0),
    published: data.published ?? "",
    publishedWord: data.publishedWord ?? "",
    forecastWord: data.forecastWord ?? "",
  };
}

class Chart extends HTMLElement {
  private engine: EChartsType | null = null;
  private plot: HTMLElement | null = null;
  private readonly resize = new ResizeObserver(() => this.draw());

  connectedCallback(): void {
    this.querySelector(".wait")?.remove();
    for (const button of this.buttons()) {
      button.addEventListener("click", () => this.show(button.dataset.view ?? "chart"));
    }
    queueMicrotask(() => {
      if (this.isConnected && !this.engine) this.begin();
    });
  }

  disconnectedCallback(): void {
    this.resize.disconnect();
    this.engine?.dispose();
    this.engine = null;
  }

  /** Takes the drawing of the chart it replaces, so that an update does not flash. */
  takeOver(old: Chart): void {
    if (old.dataset.view) this.show(old.dataset.view);
  }

  private begin(): void {
    const plot = document.createElement("div");
    plot.className = "chart-plot";
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", this.dataset.summary ?? "");
    this.prepend(plot);
    this.plot = plot;
    this.engine = echarts.init(plot, null, { renderer: "canvas" });
    if (!this.dataset.view) this.show("chart");
    this.draw();
    this.resize.observe(this);
  }

  private draw(): void {
    if (!this.engine || !this.plot) return;
    this.engine.resize({ width: this.clientWidth, height: this.clientHeight });
    this.engine.setOption(drawing(sheet(this), this), true);
    this.dataset.drawn = "yes";
  }

  private show(view: string): void {
    this.dataset.view = view;
    for (const button of this.buttons()) button.setAttribute("aria-pressed", String(button.dataset.view === view));
    this.querySelector(".chart-table")?.toggleAttribute("inert", view !== "table");
  }

  private buttons(): HTMLButtonElement[] {
    return [...(this.closest("section")?.querySelectorAll<HTMLButtonElement>(".chart-switch button") ?? [])];
  }
}

customElements.define("cb-chart", Chart);
