// Words with a colour: levels, states, severities. The word always stands beside the colour.

import { h } from "./h.js";

/** Levels, worst first. */
export const LEVELS = ["fatal", "error", "warning", "info", "debug"];

/** A level as a word. */
export const level = (name) => h("span", { class: `badge level-${known(LEVELS, name)}` }, name);

/** What people decided about an error. */
export const status = (name) => h("span", { class: `badge status-${known(STATUSES, name)}` }, name);

/** How bad a rule or an incident is. */
export const severity = (name) => h("span", { class: `badge severity-${known(SEVERITIES, name)}` }, name);

/** Whether a part of the system is well. */
export const health = (name) => h("span", { class: `badge health-${known(HEALTHS, name)}` }, name);

/** Any other word. */
export const plain = (text, title) => h("span", { class: "badge", title }, text);

/** Severities, worst first. */
export const SEVERITIES = ["critical", "high", "medium", "low"];
const STATUSES = ["unresolved", "resolved", "ignored"];
const HEALTHS = ["healthy", "unhealthy", "unknown"];

/** A name that a class is made of is one of ours. */
function known(names, name) {
  return names.includes(name) ? name : "other";
}
