// The language of the filter, such as `is:unresolved level:error release:1.2 "timeout"`: from text to
// what the API is asked, and what is wrong with a text.

/** The words before a colon: what the API calls them, and which values they take. */
export const WORDS = {
  is: { parameter: "status", values: ["unresolved", "resolved", "ignored", "regressed"] },
  level: { parameter: "level", values: ["fatal", "error", "warning", "info", "debug"] },
  source: { parameter: "source" },
  env: { parameter: "environment" },
  release: { parameter: "release" },
  seen: { parameter: "since", values: ["1h", "24h", "7d", "30d"] },
  since: { parameter: "since" },
};

/** What people call them elsewhere. */
const SYNONYMS = { environment: "env" };

/** Words of which a click adds a value beside those that are there. */
const MANY = new Set(["level"]);

const HOURS = { "1h": 1, "24h": 24, "7d": 168, "30d": 720 };

/** What is looked at unless something else is asked for. */
export const USUAL = "is:unresolved";

/** @typedef {{query: Object<string, string>, problems: string[]}} Filter */

/**
 * What the API is asked for a text.
 * @returns {Filter}
 */
export function read(text) {
  const [query, words, problems] = [{}, [], []];
  for (const { name, value, isLeftOut } of terms(text)) {
    const known = name && Object.hasOwn(WORDS, name) ? WORDS[name] : null;
    if (!name) words.push(value);
    else if (!known) problems.push(`${name}: is not known; there are ${Object.keys(WORDS).join(", ")}`);
    else if (isLeftOut) problems.push(`-${name}: a filter says what is shown, and leaves nothing out`);
    else if (!value) problems.push(`${name}: needs a value behind the colon`);
    else if (known.values && !known.values.includes(value)) {
      problems.push(`${name}: takes ${known.values.join(", ")}`);
    } else if (value === "regressed" && name === "is") {
      query.regressed = "true";
    } else if (name === "seen") {
      query.since = new Date(Date.now() - HOURS[value] * 3_600_000).toISOString();
    } else if (name === "since") {
      const time = Date.parse(value);
      if (Number.isNaN(time)) problems.push("since: takes a time such as 2026-01-31T09:00Z");
      else query.since = new Date(time).toISOString();
    } else {
      query[known.parameter] = query[known.parameter] ? `${query[known.parameter]},${value}` : value;
    }
  }
  if (words.length > 0) query.q = words.join(" ");
  return { query, problems };
}

/**
 * Whether an error, as it is told live, may be among those that the API answers to a query. What is not
 * told of it may be anything.
 */
export function mayMatch(query, error) {
  const allows = (parameter) =>
    !query[parameter] || query[parameter].split(",").includes(error[parameter]);
  const isLate = !query.since || Date.parse(error.last_seen) >= Date.parse(query.since);
  return isLate && ["status", "level", "source"].every(allows);
}

/** Whether a text holds `name:value`. */
export const has = (text, name, value) =>
  terms(text).some((term) => term.name === name && term.value === value);

/**
 * The text with `name:value` and no other value that it excludes; or without it, where it was there. An
 * error has one state, and can have come back in each.
 */
export function toggle(text, name, value) {
  const isState = (term) => name === "is" && (term.value === "regressed") === (value === "regressed");
  const excludes = (term) =>
    term.name === name && (term.value === value || (name === "is" ? isState(term) : !MANY.has(name)));
  const others = terms(text).filter((term) => !excludes(term));
  const added = has(text, name, value) ? [] : [{ name, value }];
  return write([...others, ...added]);
}

/** A text that looks for one value. */
export const one = (name, value) => write([{ name, value }]);

/**
 * Names and values of a text; words without a name, and addresses, are searched for. A name that is known
 * is one in any letters, with a dash before it or with nothing behind it; others may be those of types:
 * `TypeError: x`.
 */
function terms(text) {
  const pattern = /(-?[A-Za-z]+):(?!\/\/)(?:"([^"]*)"|(\S*))|"([^"]*)"|(\S+)/g;
  return [...text.matchAll(pattern)].map(([whole, named, quoted, bare, phrase, word]) => {
    if (named === undefined) return { name: null, value: phrase ?? word };
    const isLeftOut = named.startsWith("-");
    const plain = named.replace("-", "").toLowerCase();
    const name = SYNONYMS[plain] ?? plain;
    const value = quoted ?? bare;
    const isName = Object.hasOwn(WORDS, name) || (named === plain && value !== "");
    return isName ? { name, value, isLeftOut } : { name: null, value: whole };
  });
}

function write(list) {
  const quoted = (value) => (/\s/.test(value) ? `"${value}"` : value);
  return list.map(({ name, value }) => (name ? `${name}:${quoted(value)}` : quoted(value))).join(" ");
}
