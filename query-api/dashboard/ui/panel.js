// A part of a page that loads, and fails, by itself.

import { fill, h } from "./h.js";
import { failed, loading } from "./states.js";

/**
 * @param {string} className
 * @param {any} head what stands above it; null: nothing
 * @param {() => Promise<any>} content asked for again by `load`; a node that it answers again stays
 * @param {number} [lines] about so many are coming
 */
export function panel(className, head, content, lines = 4) {
  const body = h("div", { class: "panel-body" }, loading(lines));
  const load = async () => {
    try {
      const next = await content();
      if (body.firstChild !== next) fill(body, next);
    } catch (failure) {
      if (failure.name !== "AbortError") fill(body, failed(failure, load));
    }
  };
  return {
    node: h("section", { class: className }, head && h("header", { class: "card-head" }, head), body),
    load,
  };
}

/** Links of which one is chosen, such as spans of time. */
export function choice(options, chosen) {
  return h(
    "span",
    { class: "chip-group" },
    options.map(([name, label, href]) =>
      h("a", { class: "chip", href, "aria-current": name === chosen ? "true" : null }, label),
    ),
  );
}
