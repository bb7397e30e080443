// Pictures of numbers, drawn as SVG. Each says in words what it shows, for those who do not see it.

import { h, svg } from "./h.js";
import { full, measured, short } from "./format.js";
import { label, text } from "./time.js";

const HEIGHT = 120;
const WIDTH = 720;
const LEFT = 38;
const BOTTOM = 18;

/** A line so small that it stands within a row. */
export function sparkline(values, title) {
  const most = Math.max(1, ...values);
  const width = 100;
  const step = width / values.length;
  const bars = values.map((value, index) => {
    const height = value === 0 ? 0.6 : Math.max(1.5, (value / most) * 22);
    return svg("rect", { x: index * step, y: 24 - height, width: Math.max(step - 0.6, 0.4), height });
  });
  return svg(
    "svg",
    {
      class: "sparkline",
      viewBox: `0 0 ${width} 24`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": title,
    },
    svg("title", {}, title),
    bars,
  );
}

/** When something was seen, from the first to the last time, within the last days. */
export function span(first, last, days) {
  const [now, length] = [Date.now(), days * 86_400_000];
  const place = (time) => Math.min(Math.max((Date.parse(time) - (now - length)) / length, 0), 1) * 100;
  const [from, until] = [place(first), place(last)];
  const isOlder = Date.parse(first) < now - length;
  const title = `First seen ${text(first)}, last seen ${text(last)}`;
  return svg(
    "svg",
    {
      class: "span",
      viewBox: "0 0 100 12",
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": title,
    },
    svg("title", {}, title),
    svg("rect", { class: "span-ground", x: 0, y: 5, width: 100, height: 2 }),
    svg("rect", {
      class: "span-life",
      x: Math.min(from, 98),
      y: 3,
      width: Math.max(until - from, 2),
      height: 6,
    }),
    !isOlder && svg("rect", { class: "span-first", x: Math.min(from, 98), y: 1, width: 1.6, height: 10 }),
  );
}

/**
 * Bars over time, stacked.
 * @param {{time: string, parts: number[]}[]} points of equal length in time, oldest first
 * @param {{name: string, class: string}[]} parts from the bottom up
 */
export function stacked(points, parts, title) {
  const sums = points.map((point) => point.parts.reduce((sum, part) => sum + part, 0));
  const scale = upTo(Math.max(1, ...sums));
  const step = (WIDTH - LEFT) / Math.max(points.length, 1);
  const bars = points.map((point, index) => {
    let from = 0;
    const rects = point.parts.map((part, at) => {
      const rect = svg("rect", {
        class: parts[at].class,
        x: LEFT + index * step + 0.5,
        width: Math.max(step - 1, 0.6),
        y: scale.y(from + part),
        height: scale.y(from) - scale.y(from + part),
      });
      from += part;
      return rect;
    });
    const said = parts.map((part, at) => `${part.name} ${full(point.parts[at])}`).join("\n");
    return svg(
      "g",
      { class: "bar" },
      svg("title", {}, `${text(point.time)}\n${said}`),
      svg("rect", {
        class: "bar-ground",
        x: LEFT + index * step,
        width: step,
        y: 0,
        height: HEIGHT - BOTTOM,
      }),
      rects,
    );
  });
  return frame(
    title,
    scale,
    points.map((point) => point.time),
    [bars],
    parts,
  );
}

/**
 * Lines over time, and a line that they are measured against.
 * @param {{time: string, value: ?number}[]} points oldest first
 * @param {{threshold?: number, unit?: string, least?: number}} [more]
 */
export function line(points, title, { threshold, unit = "", least = 1 } = {}) {
  const values = points.map((point) => point.value).filter((value) => value !== null);
  const scale = upTo(Math.max(least, ...values, threshold ?? 0));
  const [start, end] = [points[0], points.at(-1)].map((point) => Date.parse(point.time));
  const x = (time) => LEFT + ((Date.parse(time) - start) / Math.max(end - start, 1)) * (WIDTH - LEFT);
  let pen = "M";
  const path = points.map((point) => {
    if (point.value === null) {
      pen = "M";
      return "";
    }
    const step = `${pen}${x(point.time).toFixed(1)} ${scale.y(point.value).toFixed(1)}`;
    pen = "L";
    return step;
  });
  const marks = points
    .filter((point) => point.value !== null)
    .map((point) =>
      svg(
        "circle",
        { class: "point", cx: x(point.time), cy: scale.y(point.value), r: 4 },
        svg("title", {}, `${text(point.time)}\n${measured(point.value, unit)}`),
      ),
    );
  const bound =
    threshold !== undefined &&
    svg("line", {
      class: "threshold",
      x1: LEFT,
      x2: WIDTH,
      y1: scale.y(threshold),
      y2: scale.y(threshold),
    });
  return frame(
    title,
    scale,
    points.map((point) => point.time),
    [svg("path", { class: "line", d: path.join("") }), bound, marks],
    [],
  );
}

/** How often each value was seen, as bars that can be clicked. */
export function distribution(values, total, link) {
  return h(
    "ul",
    { class: "distribution" },
    values.map(([name, seen]) => {
      const percent = Math.round((seen / total) * 100);
      return h(
        "li",
        {},
        h(
          "a",
          {
            href: link?.(name),
            class: "distribution-row",
            title: `${name}: ${full(seen)} of ${full(total)}`,
          },
          h("span", { class: "distribution-bar", style: { width: `${percent}%` } }),
          h("span", { class: "distribution-name" }, name),
          h("span", { class: "distribution-share" }, `${percent}%`),
        ),
      );
    }),
  );
}

function frame(title, scale, times, content, parts) {
  const hours = (Date.parse(times.at(-1)) - Date.parse(times[0])) / 3_600_000;
  const shown = [0, 0.25, 0.5, 0.75].map((part) => Math.floor(part * times.length));
  const labels = [...new Set(shown)]
    .filter((index) => times[index])
    .map((index) =>
      svg(
        "text",
        { class: "axis", x: LEFT + (index / times.length) * (WIDTH - LEFT), y: HEIGHT - 4 },
        label(times[index], hours),
      ),
    );
  const lines = scale.marks.map((mark) => [
    svg("line", { class: "grid", x1: LEFT, x2: WIDTH, y1: scale.y(mark), y2: scale.y(mark) }),
    svg("text", { class: "axis axis-value", x: LEFT - 6, y: scale.y(mark) + 3 }, short(mark)),
  ]);
  const legend =
    parts.length > 1 &&
    h(
      "ul",
      { class: "legend" },
      parts
        .toReversed()
        .map((part) =>
          h(
            "li",
            {},
            svg(
              "svg",
              { viewBox: "0 0 8 8", class: "legend-mark" },
              svg("rect", { class: part.class, width: 8, height: 8, rx: 2 }),
            ),
            part.name,
          ),
        ),
    );
  return h(
    "figure",
    { class: "chart" },
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title },
      lines,
      content,
      labels,
    ),
    h("figcaption", {}, title, legend),
  );
}

/** A scale from nothing to a round number that is not below. */
function upTo(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  const top = [1, 2, 2.5, 5, 10].map((part) => part * power).find((round) => round >= most);
  const room = HEIGHT - BOTTOM - 6;
  return { marks: [0, top / 2, top], y: (value) => 6 + room - (value / top) * room };
}
