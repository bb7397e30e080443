// Pictures of numbers, drawn as SVG. Each says in words what it shows, for those who do not see it.

import { h, svg } from "./h.js";
import { full, measured } from "./format.js";
import { HEIGHT, LEFT, axes, figure, labelled, legend, upTo } from "./plot.js";
import { Buckets, label, text, zone } from "./time.js";

/** So few points are seen without a line between them. */
const FEW = 10;

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

/**
 * Bars over time, stacked.
 * @param {{time: string, parts: number[]}[]} points of equal length in time, oldest first
 * @param {{name: string, class: string}[]} parts from the bottom up
 * @param {{time: string, name: string}[]} [marks] moments that are marked by a line
 */
export function stacked(points, parts, title, marks = []) {
  const sums = points.map((point) => point.parts.reduce((sum, part) => sum + part, 0));
  const scale = upTo(Math.max(1, ...sums), false);
  const times = points.map((point) => Date.parse(point.time));
  const length = times.length > 1 ? times[1] - times[0] : 1;
  const buckets = new Buckets(length);
  const draw = (width) => {
    const step = (width - LEFT) / points.length;
    const bars = points.map((point, index) =>
      bar({ ...point, name: buckets.text(point.time) }, parts, scale, LEFT + index * step, step),
    );
    const labels = labelled(width, points.length).map((part) => {
      const index = Math.floor(part * points.length);
      return { x: LEFT + index * step, text: buckets.label(times[index], hoursOf(times)) };
    });
    const place = (time) => LEFT + ((Date.parse(time) - times[0]) / length) * step;
    return [axes(scale, labels, width), bars, marks.map((it) => mark(it, place(it.time), scale.ground))];
  };
  return figure(title, HEIGHT, draw, [h("span", {}, buckets.clock), legend(parts)]);
}

const hoursOf = (times) => (times.at(-1) - times[0]) / 3_600_000;

/** A moment, as a line with a flag that says what it was. */
function mark({ time, name }, x, ground) {
  return svg(
    "g",
    { class: "mark" },
    svg("title", {}, `${name}\n${text(time)}`),
    svg("line", { x1: x, x2: x, y1: 2, y2: ground }),
    svg("path", { d: `M${x} 2h9l-3 3.5 3 3.5h-9z` }),
  );
}

function bar(point, parts, scale, x, step) {
  let from = 0;
  const rects = point.parts.map((part, index) => {
    const [low, high] = [scale.y(from), scale.y(from + part)];
    from += part;
    const box = { x: x + 0.5, width: Math.max(step - 1, 0.6), y: high, height: low - high };
    return svg("rect", { class: parts[index].class, ...box });
  });
  const said = parts.map((part, index) => `${part.name} ${full(point.parts[index])}`).join("\n");
  return svg(
    "g",
    { class: "bar" },
    svg("title", {}, `${point.name}\n${said}`),
    svg("rect", { class: "bar-ground", x, width: step, y: 0, height: scale.ground }),
    rects,
  );
}

/**
 * A line over time, and one that it is measured against.
 * @param {{time: string, value: ?number}[]} points oldest first
 * @param {{threshold?: number, unit?: string, least?: number}} [more]
 */
export function line(points, title, { threshold, unit = "", least = 1 } = {}) {
  const known = points.filter((point) => point.value !== null);
  const scale = upTo(Math.max(least, ...known.map((point) => point.value), threshold ?? 0), true);
  const times = points.map((point) => Date.parse(point.time));
  const [start, end] = [times[0], times.at(-1)];
  const draw = (width) => {
    const x = (time) => LEFT + ((Date.parse(time) - start) / Math.max(end - start, 1)) * (width - LEFT);
    const labels = labelled(width).map((part) => ({
      x: LEFT + part * (width - LEFT),
      text: label(start + part * (end - start), hoursOf(times)),
    }));
    const mark = (point) =>
      svg(
        "circle",
        {
          class: known.length < FEW ? "point point-alone" : "point",
          cx: x(point.time),
          cy: scale.y(point.value),
          r: 3.5,
        },
        svg("title", {}, `${text(point.time)}\n${measured(point.value, unit)}`),
      );
    const bound = { class: "threshold", x1: LEFT, x2: width, y1: scale.y(threshold), y2: scale.y(threshold) };
    return [
      axes(scale, labels, width),
      svg("path", { class: "line", d: path(points, x, scale) }),
      threshold !== undefined && svg("line", bound),
      known.map(mark),
    ];
  };
  return figure(title, HEIGHT, draw, h("span", {}, zone()));
}

/** Strokes from point to point; where there is no value, there is none. */
function path(points, x, scale) {
  let pen = "M";
  const strokes = points.map((point) => {
    const move = pen;
    pen = point.value === null ? "M" : "L";
    return point.value === null
      ? ""
      : `${move}${x(point.time).toFixed(1)} ${scale.y(point.value).toFixed(1)}`;
  });
  return strokes.join("");
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
