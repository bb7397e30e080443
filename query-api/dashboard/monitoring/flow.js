// The ledger as a picture: what came in, on the left, ends on the right in one outcome each.

import { h, svg } from "../ui/h.js";
import { full } from "../ui/format.js";

const WIDTH = 720;
const HEIGHT = 150;
const LEAST = 2;
const GAP = 6;

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
  const room = HEIGHT - GAP * (shown.length - 1) - 16;
  let [left, right] = [8, 8];
  const bands = shown.map((end) => {
    const [from, to] = [
      Math.max((end.events / all) * (HEIGHT - 16), LEAST),
      Math.max((end.events / all) * room, LEAST),
    ];
    const band = ribbon(left, from, right, to, end);
    left += from;
    right += Math.max(to + GAP, 14);
    return band;
  });
  const title = `${full(all)} events: ${shown.map((end) => `${full(end.events)} ${end.name}`).join(", ")}`;
  return h(
    "figure",
    { class: "chart" },
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${Math.max(HEIGHT, right + 8)}`, role: "img", "aria-label": title },
      bands,
    ),
    h("figcaption", {}, title),
  );
}

function ribbon(y, height, endY, endHeight, end) {
  const [x, middle, endX] = [10, WIDTH / 2, WIDTH - 190];
  const d = `M${x} ${y}C${middle} ${y} ${middle} ${endY} ${endX} ${endY}V${endY + endHeight}C${middle} ${endY + endHeight} ${middle} ${y + height} ${x} ${y + height}Z`;
  return svg(
    "g",
    {},
    svg("title", {}, `${full(end.events)} ${end.name}`),
    svg("path", { class: `ribbon ${end.className}`, d }),
    svg(
      "text",
      { class: "axis", x: endX + 8, y: endY + Math.min(endHeight / 2, 60) + 4 },
      `${end.name} ${full(end.events)}`,
    ),
  );
}
