// Single keys that do something, and the list of them that `?` shows.

import { h } from "./h.js";
import { show } from "./dialog.js";

/** @typedef {{key: string, does: string, run: (event: KeyboardEvent) => void}} Key */

/** @type {{title: string, keys: Key[]}[]} */
const groups = [];

/** Keys hold until the signal: those of a page, while it is shown. */
export function keys(title, list, signal) {
  const group = { title, keys: list };
  groups.push(group);
  signal?.addEventListener("abort", () => groups.splice(groups.indexOf(group), 1));
}

/** All keys, by where they hold. */
export function showKeys() {
  const row = (key) =>
    h(
      "div",
      { class: "key-row" },
      h("dt", {}, h("kbd", {}, key.key === " " ? "Space" : key.key)),
      h("dd", {}, key.does),
    );
  show(
    "Keys",
    groups
      .toReversed()
      .map((group) => [h("h3", {}, group.title), h("dl", { class: "key-list" }, group.keys.map(row))]),
  );
}

/** A key that was pressed as the first of two, such as `g` of `g e`. */
let before = "";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const pressed = before ? `${before} ${event.key}` : event.key;
  before = "";
  const all = groups.toReversed().flatMap((group) => group.keys);
  const found = all.find((key) => key.key === pressed);
  if (found) {
    event.preventDefault();
    found.run(event);
  } else if (all.some((key) => key.key.startsWith(`${pressed} `))) {
    before = pressed;
  }
});

function isWriting(target) {
  return target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
}
