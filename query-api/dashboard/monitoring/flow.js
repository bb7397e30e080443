// The ledger as a picture: what came in, on the left, ends on the right in one outcome each.

import { h, svg } from "../ui/h.js";
import { full } from "../ui/format.js";
import { figure } from "../ui/plot.js";

const HEIGHT = 120;
const EDGE = 8;
const LEAST = 2;
const GAP = 6;

/** The room that a name needs, down and across. */
const LINE = 15;
const NAMES = 140;

/** How accepted events end, and what was refused before. */
const ENDS = [
  ["stored", "stored", "part-0"],
  ["deduplicated", "seen before", "part-1"],
  ["counted_only", "counted only", "part-2"],
  ["filtered", "filtered", "part-3"],
  ["dead_lettered", "dead letters", "level-fatal"],
  ["rate_limited", "rate limited", "level-warning"],
  ["invalid", "invalid", "level-error"],
  ["unavailable", "not durable", "level-error"],
];

/** The picture. */
export function flow(totals) {
  const ends = ENDS.map(([field, name, className]) => ({ name, className, events: totals[field] }));
  const shown = ends.filter((end) => end.events > 0);
  const all = shown.reduce((sum, end) => sum + end.events, 0);
  if (all === 0) return h("p", { class: "quiet" }, "No event came in.");
  const title = `${full(all)} events: ${shown.map((end) => `${full(end.events)} ${end.name}`).join(", ")}`;
  const room = HEIGHT - 2 * EDGE;
  let [left, right] = [EDGE, EDGE];
  const bands = shown.map((end) => {
    const size = Math.max((end.events / all) * room, LEAST);
    const band = { ...end, from: left, to: right, size };
    left += size;
    right += Math.max(size + GAP, LINE);
    return band;
  });
  return figure(title, Math.max(HEIGHT, right + EDGE), (width) => bands.map((band) => ribbon(band, width)));
}

function ribbon({ name, className, events, from, to, size }, width) {
  const end = Math.max(width - NAMES, width / 2);
  const middle = end / 2;
  const there = `M0 ${from}C${middle} ${from} ${middle} ${to} ${end} ${to}`;
  const back = `V${to + size}C${middle} ${to + size} ${middle} ${from + size} 0 ${from + size}Z`;
  return svg(
    "g",
    {},
    svg("title", {}, `${full(events)} ${name}`),
    svg("path", { class: `ribbon ${className}`, d: there + back }),
    svg("text", { class: "axis", x: end + 8, y: to + size / 2 + 4 }, `${name} ${full(events)}`),
  );
}
