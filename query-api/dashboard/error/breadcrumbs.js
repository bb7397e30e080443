// What happened before the event, as a timeline.

import { fill, h } from "../ui/h.js";
import { clock } from "../ui/time.js";
import { json } from "../ui/json.js";

/** The newest are the ones that matter; others are shown on demand. */
const FIRST = 12;

/** The timeline; null where nothing is known. */
export function breadcrumbs(event) {
  const crumbs = (event.breadcrumbs ?? []).filter((crumb) => crumb !== null);
  if (crumbs.length === 0) return null;
  const list = h("ol", { class: "crumbs" });
  const show = (number) => fill(list, crumbs.slice(-number).map(item));
  show(FIRST);
  const more =
    crumbs.length > FIRST &&
    h(
      "button",
      {
        type: "button",
        onclick: () => {
          show(crumbs.length);
          more.remove();
        },
      },
      `Show ${crumbs.length - FIRST} earlier`,
    );
  return h(
    "section",
    { class: "card" },
    h("header", { class: "card-head" }, h("h2", {}, "Breadcrumbs"), more),
    list,
  );
}

function item(crumb) {
  if (typeof crumb !== "object")
    return h("li", { class: "crumb" }, h("span", { class: "crumb-message" }, String(crumb)));
  const time = stamp(crumb.timestamp);
  const data = crumb.data && typeof crumb.data === "object" && Object.keys(crumb.data).length > 0;
  return h(
    "li",
    { class: `crumb crumb-${kind(crumb)}` },
    time ? clock(time, "crumb-time") : h("span", { class: "crumb-time" }, ""),
    h("span", { class: "crumb-category" }, word(crumb.category ?? crumb.type) ?? "event"),
    h("div", { class: "crumb-message" }, word(crumb.message), data && json(crumb.data)),
  );
}

/** SDKs write times as texts or as seconds since 1970. */
function stamp(given) {
  const time = typeof given === "number" ? given * 1000 : Date.parse(given);
  return Number.isFinite(time) && Math.abs(time) < 8.64e15 ? new Date(time).toISOString() : null;
}

function kind(crumb) {
  const level = crumb.level ?? "info";
  if (level === "fatal" || level === "error") return "error";
  return level === "warning" ? "warning" : "info";
}

const word = (value) =>
  value === null || value === undefined
    ? null
    : typeof value === "object"
      ? JSON.stringify(value)
      : String(value);
