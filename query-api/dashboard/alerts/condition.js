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

const FORM = /^\s*([a-z_]+)\s*(>=|<=|==|>|<)\s*(-?[\d.]+)\s+in\s+(\d+\s*[a-z]+)\s*(.*?)\s*$/s;

/** The parts of a condition, or null where it has another form. */
export function parts(condition) {
  const match = FORM.exec(condition);
  if (!match || !METRICS.some(([name]) => name === match[1])) return null;
  const [, metric, operator, value, window, rest] = match;
  return { metric, operator, value, window, rest };
}

/** The condition of some parts. */
export function text({ metric, operator, value, window, rest }) {
  return `${metric} ${operator} ${value} in ${window}${rest ? ` ${rest}` : ""}`;
}
