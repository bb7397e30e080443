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
};

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
  for (const { name, value } of terms(text)) {
    const known = name && Object.hasOwn(WORDS, name) ? WORDS[name] : null;
    if (!name) words.push(value);
    else if (!known) problems.push(`${name}: is not known; there are ${Object.keys(WORDS).join(", ")}`);
    else if (known.values && !known.values.includes(value)) {
      problems.push(`${name}: takes ${known.values.join(", ")}`);
    } else if (value === "regressed" && name === "is") {
      query.regressed = "true";
    } else if (known.parameter === "since") {
      query.since = new Date(Date.now() - HOURS[value] * 3_600_000).toISOString();
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

/** The text with `name:value` and no other value of that name; or without it, where it was there. */
export function toggle(text, name, value) {
  const others = terms(text).filter((term) => term.name !== name);
  const added = has(text, name, value) ? [] : [{ name, value }];
  return write([...others, ...added]);
}

/** A text that looks for one value. */
export const one = (name, value) => write([{ name, value }]);

/** Names and values of a text; words without a name, and addresses, are searched for. */
function terms(text) {
  const pattern = /([a-z]+):(?!\/\/)(?:"([^"]*)"|(\S+))|"([^"]*)"|(\S+)/g;
  return [...text.matchAll(pattern)].map(([, name, quoted, bare, phrase, word]) => ({
    name: name ?? null,
    value: quoted ?? bare ?? phrase ?? word,
  }));
}

function write(list) {
  const quoted = (value) => (/\s/.test(value) ? `"${value}"` : value);
  return list.map(({ name, value }) => (name ? `${name}:${quoted(value)}` : quoted(value))).join(" ");
}
