// Rows and columns. On narrow screens each row becomes a card, its cells named by their columns.

import { h } from "./h.js";

/**
 * @param {{name: string, class?: string, cell: (row: any) => any}[]} columns
 * @param {any[]} rows
 */
export function table(columns, rows, caption) {
  return h(
    "table",
    { class: "table" },
    h("caption", { class: "hidden" }, caption),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        columns.map((column) => h("th", { scope: "col", class: column.class }, column.name)),
      ),
    ),
    h(
      "tbody",
      {},
      rows.map((row) =>
        h(
          "tr",
          {},
          columns.map((column) =>
            h("td", { class: column.class, "data-name": column.name }, column.cell(row)),
          ),
        ),
      ),
    ),
  );
}

/** Names and values, one a line; those without a value are left out. */
export function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h(
    "dl",
    { class: "facts" },
    known.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );
}
