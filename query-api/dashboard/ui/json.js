// A value of a client's own making, as a tree that opens.

import { h } from "./h.js";

/** More entries are shown on demand. */
const FIRST = 50;

/** Small ones within the first are open. */
const OPEN_DEPTH = 2;
const FEW = 8;

/** The value, objects and arrays as trees. */
export function json(value, depth = 0) {
  if (value === null) return h("span", { class: "json-null" }, "null");
  if (typeof value !== "object") return h("span", { class: `json-${typeof value}` }, String(value));
  const entries = Object.entries(value);
  if (entries.length === 0) return h("span", { class: "json-null" }, Array.isArray(value) ? "[ ]" : "{ }");
  if (depth === 0) return list(entries, depth);
  const summary = Array.isArray(value) ? `[ ${entries.length} ]` : `{ ${entries.length} }`;
  const isOpen = depth <= OPEN_DEPTH && entries.length <= FEW;
  return h("details", { open: isOpen }, h("summary", {}, summary), list(entries, depth));
}

function list(entries, depth) {
  const rows = h("dl", { class: "json" }, rowsOf(entries.slice(0, FIRST), depth));
  const rest = entries.slice(FIRST);
  const more =
    rest.length > 0 &&
    h(
      "button",
      {
        type: "button",
        onclick: () => {
          rows.append(...rowsOf(rest, depth));
          more.remove();
        },
      },
      `${rest.length} more`,
    );
  return h("div", {}, rows, more);
}

function rowsOf(entries, depth) {
  return entries.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, json(value, depth + 1))]);
}
