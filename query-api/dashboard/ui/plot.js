// A picture with its caption, drawn anew whenever it has another width, so that its letters keep their
// size; and the axes that pictures over time have.

import { fill, h, svg } from "./h.js";
import { short } from "./format.js";

/** Until the width is known. */
const USUAL_WIDTH = 720;

export const HEIGHT = 140;
export const LEFT = 40;
const BOTTOM = 20;
const TOP = 8;

/** The room that a label below the axis needs. */
const LABEL = 90;
const MOST_LABELS = 6;

/**
 * @param {string} title what it shows, in words
 * @param {number} height
 * @param {(width: number) => any} draw the content of the SVG for a width
 */
export function figure(title, height, draw, more) {
  const place = h("div", { class: "plot", style: { height: `${height}px` } });
  let drawn = 0;
  const show = (width) => {
    drawn = width;
    const box = { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title };
    fill(place, svg("svg", box, draw(width)));
  };
  show(USUAL_WIDTH);
  new ResizeObserver(([entry]) => {
    const width = Math.round(entry.contentRect.width);
    if (width > 0 && width !== drawn) show(width);
  }).observe(place);
  return h("figure", { class: "chart" }, place, h("figcaption", {}, title, more));
}

/** A scale from nothing to a round number that is not below; with decimals or without. */
export function upTo(most, decimals) {
  const power = 10 ** Math.floor(Math.log10(most));
  const top = [1, 2, 2.5, 5, 10].map((part) => part * power).find((round) => round >= most) ?? most;
  const room = HEIGHT - BOTTOM - TOP;
  const half = top / 2;
  const marks = decimals || Number.isInteger(half) ? [0, half, top] : [0, top];
  return { marks, y: (value) => TOP + room - (value / top) * room, ground: TOP + room };
}

/** The parts of the time that get a label, evenly spread from 0 on; of at most so many. */
export function labelled(width, most = MOST_LABELS) {
  const count = Math.max(Math.min(Math.floor((width - LEFT) / LABEL), MOST_LABELS, most), 1);
  return Array.from({ length: count }, (_, index) => index / count);
}

/**
 * The lines behind a picture over time, and what stands beside and below it.
 * @param {{x: number, text: string}[]} labels
 */
export function axes(scale, labels, width) {
  const below = labels.map(({ x, text }) => svg("text", { class: "axis", x, y: HEIGHT - 4 }, text));
  const beside = scale.marks.map((mark) => [
    svg("line", { class: "grid", x1: LEFT, x2: width, y1: scale.y(mark), y2: scale.y(mark) }),
    svg("text", { class: "axis axis-value", x: LEFT - 6, y: scale.y(mark) + 4 }, short(mark)),
  ]);
  return [beside, below];
}

/** Which colour is what. */
export function legend(parts) {
  if (parts.length < 2) return null;
  const mark = (part) =>
    svg(
      "svg",
      { viewBox: "0 0 8 8", class: "legend-mark", "aria-hidden": "true" },
      svg("rect", { class: part.class, width: 8, height: 8, rx: 2 }),
    );
  const items = parts.toReversed().map((part) => h("li", {}, mark(part), part.name));
  return h("ul", { class: "legend" }, items);
}
