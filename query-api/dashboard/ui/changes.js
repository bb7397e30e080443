// What a change made of something: by field, what it was and what it is.

import { h } from "./h.js";

/** The changes as the audit log and timelines tell them; what is secret is only said to have changed. */
export function changes(fields) {
  return h(
    "ul",
    { class: "changes" },
    Object.entries(fields).map(([name, change]) =>
      h("li", {}, h("span", { class: "quiet" }, name.replaceAll("_", " ")), " ", said(change)),
    ),
  );
}

function said(change) {
  if (change === null || typeof change !== "object" || !("to" in change)) return word(change);
  const { from, to } = change;
  if (from === null) return to === null ? "changed" : word(to);
  return `${word(from)} → ${word(to)}`;
}

function word(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
