// A value of a client's own making, as a tree that opens.

import { h } from "./h.js";

/** More entries are shown on demand. */
const FIRST = 50;
const OPEN_DEPTH = 1;

/** The value, objects and arrays as trees. */
export function json(value, depth = 0) {
  if (value === null) return h("span", { class: "json-null" }, "null");
  if (typeof value !== "object") return h("span", { class: `json-${typeof value}` }, String(value));
  const entries = Object.entries(value);
  if (entries.length === 0) return h("span", { class: "json-null" }, Array.isArray(value) ? "[ ]" : "{ }");
  const rows = h("dl", { class: "json" }, rowsOf(entries.slice(0, FIRST), depth));
  if (entries.length > FIRST) {
    const more = h("button", { type: "button", onclick: () => more.replaceWith(...rowsOf(entries.slice(FIRST), depth)) },
      `${entries.length - FIRST} more`);
    rows.append(more);
  }
  if (depth === 0) return rows;
  const summary = Array.isArray(value) ? `[ ${entries.length} ]` : `{ ${entries.length} }`;
  return h("details", { open: depth <= OPEN_DEPTH && entries.length <= 8 }, h("summary", {}, summary), rows);
}

function rowsOf(entries, depth) {
  return entries.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, json(value, depth + 1))]);
}
