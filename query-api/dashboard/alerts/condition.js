// Conditions of rules as choices: those of the form METRIC OP VALUE in WINDOW, whatever follows. The API
// knows the whole language and has the last word.

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

/** The condition of some parts. */
export function text({ metric, operator, value, window, rest }) {
  return `${metric} ${operator} ${value} in ${window}${rest ? ` ${rest}` : ""}`;
}
