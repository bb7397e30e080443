// Conditions of rules as choices: those of the form METRIC OP VALUE in WINDOW, whatever follows. The API
// knows the whole language and has the last word.

import { one } from "../errors/filter.js";

/** Metrics, and what people call them. */
export const METRICS = [
  ["error_count", "events"],
  ["new_error_count", "new errors"],
  ["regression_count", "errors that came back"],
  ["users_affected", "users"],
  ["error_rate", "events a minute"],
  ["error_count_change", "change in percent"],
];

export const OPERATORS = [">", ">=", "<", "<=", "=="];

/** What a condition leaves to fields of the rule. */
const THRESHOLD = "threshold";
const TIME_WINDOW = "time_window";

const FORM =
  /^\s*([a-z_]+)\s*(>=|<=|==|>|<)\s*(-?[\d.]+|threshold)\s+in\s+(\d+\s*[a-z]+|time_window)(?![a-z_])\s*(.*?)\s*$/s;

/** The parts of a condition, or null where it has another form. */
export function parts(condition) {
  const match = FORM.exec(condition);
  if (!match || !METRICS.some(([name]) => name === match[1])) return null;
  const [, metric, operator, value, window, rest] = match;
  return { metric, operator, value, window, rest };
}

/** Whether a condition leaves its value, and its window, to the fields of the rule. */
export function leavesOpen(condition) {
  const [comparison] = condition.split(/\bwhere\b|\bper\b/i);
  return {
    threshold: new RegExp(`[<>=]\\s*${THRESHOLD}\\b`, "i").test(comparison),
    time_window: new RegExp(`\\bin\\s+${TIME_WINDOW}\\b`, "i").test(comparison),
  };
}

/** Milliseconds of the units of windows, by their first letters. */
const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** What conditions and filters both ask of an error. */
const ASKED = { level: "level", source: "source", environment: "env", release: "release" };

/**
 * The filter that shows what a condition counted: the errors seen since its window began, as far as a
 * filter can say which.
 * @param {number} at when it held, in milliseconds
 */
export function filterOf(condition, at) {
  const [comparison, where = ""] = condition.split(/\bwhere\b(.*)/is);
  const [, number, unit] = /\bin\s+(\d+)\s*([smhdw])/i.exec(comparison) ?? [null, 1, "h"];
  const since = new Date(at - number * UNITS[unit.toLowerCase()]).toISOString();
  // Of alternatives none can be left out.
  const terms = /\bor\b|\bnot\b/i.test(where)
    ? []
    : [...where.matchAll(/\b([a-z]+)\s*==?\s*(?:"([^"]*)"|([^\s"()]+))/gi)];
  const told = terms.flatMap(([, name, quoted, bare]) =>
    Object.hasOwn(ASKED, name) ? [one(ASKED[name], quoted ?? bare)] : [],
  );
  return [...told, `since:${since}`].join(" ");
}

/** The condition of some parts. */
export function text({ metric, operator, value, window, rest }) {
  return `${metric} ${operator} ${value} in ${window}${rest ? ` ${rest}` : ""}`;
}
