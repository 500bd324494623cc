/** From a table to a drawing: solid measured, dotted forecast, pale band, thin reference, dashed thresholds. */
import type { EChartsCoreOption } from "echarts/core";

export interface Column {
  name: string;
  role: string;
  values: (number | null)[];
}

export interface Sheet {
  labels: string[];
  series: Column[];
  bars: boolean;
  divisor: number;
  decimals: number;
  published: string;
  publishedWord: string;
  forecastWord: string;
}

interface Paint {
  text: string;
  dim: string;
  accent: string;
  weak: string;
  warn: string;
  alarm: string;
  band: string;
  grid: string;
  axis: string;
  ref: string;
  sheet: string;
  bar: string;
  barHere: string;
  font: string;
  size: number;
}

type Plain = Record<string, unknown>;

function paint(place: Element): Paint {
  const style = getComputedStyle(place);
  const of = (name: string): string => style.getPropertyValue(name).trim();
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  return {
    text: of("--text"),
    dim: of("--dim"),
    accent: of("--accent"),
    weak: of("--accent-weak"),
    warn: of("--warn"),
    alarm: of("--alarm"),
    band: of("--band"),
    grid: of("--grid"),
    axis: of("--line2"),
    ref: of("--ref"),
    sheet: of("--sheet"),
    bar: of("--m2"),
    barHere: of("--m1"),
    font: of("--font"),
    size: Number.parseFloat(of("--t-cap")) * rem,
  };
}

function written(value: number, decimals: number): string {
  const text = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return value < 0 && /[1-9]/.test(text) ? `\u2212${text}` : text;
}

/** A ceiling of the axis that is 1, 2, 2.5, 3, 4, 5, 6 or 8 times a power of ten. */
export function ceiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((each) => each * power >= value) ?? 10;
  return step * power;
}

function highest(sheet: Sheet): number {
  const all = sheet.series.flatMap((column) => column.values).filter((value): value is number => value !== null);
  return Math.max(...all, 0);
}

function lowest(sheet: Sheet): number {
  const all = sheet.series.flatMap((column) => column.values).filter((value): value is number => value !== null);
  return Math.min(...all, 0);
}

/** Where a direct label stands best: the widest distance to the other lines, away from both ends. */
function labelIndex(column: Column, others: Column[], from: number, to: number): number {
  let best = -1;
  let most = -1;
  const margin = Math.max(1, Math.round((to - from) * 0.12));
  const enough = Math.max(...column.values.map((value) => value ?? 0)) * 0.4; // beyond this more room is no gain
  for (let index = from + margin; index <= to - margin; index++) {
    const value = column.values[index];
    if (value === null || value === undefined) continue;
    const slope = Math.abs((column.values[index + 1] ?? value) - (column.values[index - 1] ?? value));
    const room = Math.min(...others.map((other) => Math.abs((other.values[index] ?? Infinity) - value)), value || 1);
    const crest = value > enough * 2.2 ? enough * 0.3 : 0; // up there stands the word of the published line
    const score = Math.min(room, enough) - crest - slope * 3 - Math.abs(index - (from + to) / 2) * 0.001;
    if (best < 0 || score > most) {
      most = score;
      best = index;
    }
  }
  return best;
}

function bandSeries(sheet: Sheet, ink: Paint): Plain[] {
  const low = sheet.series.find((column) => column.role === "low");
  const high = sheet.series.find((column) => column.role === "high");
  if (!low || !high) return [];
  const rise = high.values.map((top, index) => {
    const bottom = low.values[index];
    return top === null || bottom === null || bottom === undefined ? null : top - bottom;
  });
  const common = { type: "line", stack: "band", symbol: "none", silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false }, animation: false };
  return [
    { ...common, data: low.values, areaStyle: { opacity: 0 } },
    { ...common, data: rise, areaStyle: { color: ink.band, opacity: 1 } },
  ];
}

function label(name: string, color: string, ink: Paint, position: string, bold = false): Plain {
  return { show: true, formatter: name, color, position, fontFamily: ink.font, fontSize: ink.size, fontWeight: bold ? 700 : 400, distance: ink.size * 0.55, textBorderColor: ink.sheet, textBorderWidth: 3 };
}

/** Early in the day the measured line is too short for two labels: where others may begin, or 0 when it is long enough. */
function earlyEnd(sheet: Sheet): number {
  const measured = sheet.series.find((column) => column.role === "measured");
  if (!measured || sheet.series.length < 2 || sheet.labels.length < 20) return 0;
  const end = measured.values.reduce((last: number, value, index) => (value === null ? last : index), 0);
  return end < sheet.labels.length * 0.2 ? Math.round(sheet.labels.length * 0.4) : 0;
}

function lineSeries(column: Column, sheet: Sheet, ink: Paint): Plain {
  const looks: Record<string, Plain> = {
    measured: { color: ink.accent, width: 2, type: "solid" },
    forecast: { color: ink.accent, width: 2, type: "dotted" },
    reference: { color: ink.ref, width: 1.25, type: "solid" },
    warn: { color: ink.warn, width: 1.25, type: [6, 4] },
    alarm: { color: ink.alarm, width: 1.25, type: [6, 4] },
  };
  const tone: Record<string, string> = { measured: ink.accent, forecast: ink.accent, reference: ink.dim, warn: ink.warn, alarm: ink.alarm };
  const others = sheet.series.filter((other) => other !== column && !["low", "high"].includes(other.role));
  const known = column.values.map((value, index) => (value === null ? -1 : index)).filter((index) => index >= 0);
  const from = known[0] ?? 0;
  const to = known[known.length - 1] ?? 0;
  const points: Plain[] = [];
  const early = earlyEnd(sheet);
  if (early > 0 && column.role === "measured") {
    const value = column.values[to] ?? 0;
    const word = { ...label(`${column.name}  ${sheet.labels[to]}  ${written(value, sheet.decimals)}`, ink.accent, ink, "top", true), align: "left", distance: ink.size };
    points.push({ coord: [sheet.labels[to], value], symbol: "circle", symbolSize: ink.size * 0.5, itemStyle: { color: ink.accent }, label: word });
  } else if (column.role !== "forecast" && others.length > 0) {
    const at = labelIndex(column, others, Math.max(from, early), to);
    const value = column.values[at];
    if (value !== undefined && value !== null) {
      const above = others.every((other) => (other.values[at] ?? -Infinity) <= value);
      points.push({ coord: [sheet.labels[at], value], symbol: "circle", symbolSize: 1, itemStyle: { color: "transparent" }, label: label(column.name, tone[column.role] ?? ink.dim, ink, above ? "top" : "bottom") });
    }
  }
  if (column.role === "measured" && early <= 0) points.push(...peak(column, sheet, ink));
  return {
    type: "line",
    name: column.name,
    data: column.values,
    symbol: "none",
    connectNulls: false,
    animation: false,
    emphasis: { disabled: true },
    lineStyle: looks[column.role],
    itemStyle: { color: tone[column.role] },
    z: column.role === "measured" ? 4 : 3,
    markPoint: { silent: true, animation: false, symbolSize: 1, data: points },
  };
}

/** The highest measured value is named with its time. */
function peak(column: Column, sheet: Sheet, ink: Paint): Plain[] {
  let at = -1;
  column.values.forEach((value, index) => {
    if (value !== null && (at < 0 || value > (column.values[at] ?? -Infinity))) at = index;
  });
  const value = column.values[at];
  if (value === null || value === undefined) return [];
  const part = at / Math.max(1, column.values.length - 1);
  const flat = [column.values[at - 1], column.values[at + 1]].every((near) => near != null && near > value * 0.97);
  const position = part < 0.2 ? "right" : part > 0.8 ? "left" : flat ? "bottom" : "top";
  return [
    {
      coord: [sheet.labels[at], value],
      symbol: "circle",
      symbolSize: ink.size * 0.5,
      itemStyle: { color: ink.accent },
      label: label(`${sheet.labels[at]}  ${written(value, sheet.decimals)}`, ink.text, ink, position, true),
    },
  ];
}

function barSeries(column: Column, sheet: Sheet, ink: Paint): Plain {
  return {
    type: "bar",
    name: column.name,
    animation: false,
    barWidth: "50%",
    emphasis: { disabled: true },
    data: column.values.map((value, index) => ({
      value,
      itemStyle: { color: sheet.labels[index] === sheet.published || (!sheet.published && index === column.values.length - 1) ? ink.barHere : ink.bar },
    })),
    label: {
      show: column.values.length <= 14,
      position: "top",
      color: ink.text,
      fontFamily: ink.font,
      fontSize: ink.size,
      formatter: (item: { value: number }) => written(item.value / sheet.divisor, sheet.divisor > 1 ? 1 : sheet.decimals),
    },
  };
}

function publishedLine(sheet: Sheet, ink: Paint): Plain | null {
  if (!sheet.published || !sheet.labels.includes(sheet.published) || sheet.bars) return null;
  const late = sheet.labels.indexOf(sheet.published) > sheet.labels.length * 0.45;
  const hasForecast = sheet.series.some((column) => column.role === "forecast");
  const word: Plain = {
    show: true,
    position: "end",
    align: late ? "right" : "left",
    distance: [late ? -ink.size * 0.3 : ink.size * 0.3, 4],
    fontFamily: ink.font,
    fontSize: ink.size,
    color: ink.text,
    formatter: sheet.publishedWord,
  };
  const forecast: Plain = { ...word, align: "left", distance: 4, color: ink.accent, formatter: ` ${sheet.forecastWord}` };
  const line = { xAxis: sheet.published };
  const data: Plain[] = [{ ...line, label: word }];
  if (late && hasForecast) data.push({ ...line, label: forecast });
  return { silent: true, animation: false, symbol: "none", lineStyle: { color: ink.axis, width: 1, type: "solid" }, data };
}

/** Whether a step of an axis is 1, 2, 2.5, 3 or 5 times a power of ten. */
function plainStep(step: number): boolean {
  const lead = step / 10 ** Math.floor(Math.log10(step));
  return [1, 2, 2.5, 3, 5].some((each) => Math.abs(each - lead) < 1e-9);
}

/** The digits after the point that a step needs. */
function digitsOf(step: number): number {
  return [0, 1, 2, 3].find((digits) => Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) < 1e-9) ?? 3;
}

function axes(sheet: Sheet, ink: Paint, width: number): Plain {
  const top = ceiling(highest(sheet) / sheet.divisor);
  const bottom = lowest(sheet) < 0 ? -ceiling(-lowest(sheet) / sheet.divisor) : 0;
  const room = Math.max(2, Math.floor(width / (ink.size * 3.4)));
  const every = Math.max(1, Math.ceil(sheet.labels.length / room));
  const neat = sheet.labels.some((text) => /^\d\d:00$/.test(text));
  const hours = sheet.labels.filter((text) => /^\d\d:00$/.test(text));
  const skip = Math.max(1, Math.ceil(hours.length / room));
  const step = [1, 2, 3, 4, 6, 8, 12].find((each) => each >= skip) ?? skip;
  const shown = (index: number, text: string): boolean =>
    neat ? /^\d\d:00$/.test(text) && Number(text.slice(0, 2)) % step === 0 : index % every === 0;
  const font = { fontFamily: ink.font, fontSize: ink.size, color: ink.dim };
  const interval = (top - bottom) / ([5, 4, 3, 6].find((parts) => plainStep((top - bottom) / parts)) ?? 4);
  return {
    xAxis: {
      type: "category",
      data: sheet.labels,
      boundaryGap: sheet.bars,
      axisLine: { lineStyle: { color: ink.axis } },
      axisTick: { show: false },
      axisLabel: { ...font, interval: shown, hideOverlap: true, margin: ink.size * 0.6 },
    },
    yAxis: {
      type: "value",
      min: bottom * sheet.divisor,
      max: top * sheet.divisor,
      interval: interval * sheet.divisor,
      axisLabel: { ...font, formatter: (value: number) => written(value / sheet.divisor, digitsOf(interval)) },
      splitLine: { lineStyle: { color: ink.grid } },
    },
  };
}

function tooltip(sheet: Sheet, ink: Paint): Plain {
  return {
    trigger: "axis",
    renderMode: "richText",
    confine: true,
    backgroundColor: ink.sheet,
    borderColor: ink.axis,
    borderWidth: 1,
    padding: 8,
    textStyle: { fontFamily: ink.font, fontSize: ink.size, color: ink.text },
    axisPointer: { lineStyle: { color: ink.axis, type: "solid" } },
    formatter: (items: { dataIndex: number }[]) => {
      const row = items[0]?.dataIndex ?? 0;
      const lines = sheet.series.map((column) => {
        const value = column.values[row];
        return value === null || value === undefined ? "" : `${column.name}  ${written(value, sheet.decimals)}`;
      });
      return [sheet.labels[row] ?? "", ...lines.filter(Boolean)].join("\n");
    },
  };
}

/** Turns the table into what ECharts draws, in the colours and sizes of the place it stands. */
export function drawing(sheet: Sheet, place: Element): EChartsCoreOption {
  const ink = paint(place);
  const lines = sheet.series.filter((column) => !["low", "high"].includes(column.role));
  const series = sheet.bars
    ? lines.map((column) => barSeries(column, sheet, ink))
    : [...bandSeries(sheet, ink), ...lines.map((column) => lineSeries(column, sheet, ink))];
  const line = publishedLine(sheet, ink);
  const measured = series.find((each) => (each as { z?: number }).z === 4) ?? series[series.length - 1];
  if (line && measured) measured.markLine = line;
  return {
    animation: false,
    grid: { left: ink.size * 0.2, right: ink.size * 0.9, top: ink.size * (line ? 2.2 : 1.6), bottom: 0, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: tooltip(sheet, ink),
    ...axes(sheet, ink, place.clientWidth),
    series,
  };
}
