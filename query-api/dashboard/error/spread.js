// How the newest events of an error are spread: over time, and over tags, releases and the like.

import { fill, h } from "../ui/h.js";
import { full } from "../ui/format.js";
import { distribution, stacked } from "../ui/chart.js";
import { one } from "../errors/filter.js";

const BARS = 40;
const LEAST_STEP = 60_000;

/** Tags shown, and values of each. */
const TAGS = 8;
const VALUES = 5;

/** What can be asked for in the list of errors. */
const FILTERS = { environment: "env", release: "release", source: "source", level: "level" };

/** What the events over time are told apart by. */
const BY = ["environment", "release"];
const PARTS = 4;

/** The events over time, by environment or by release. */
export function overTime(events) {
  if (events.length < 2) return null;
  const place = h("div", {});
  const show = (by) => {
    const tab = (name) =>
      h(
        "button",
        { type: "button", class: "chip", "aria-pressed": String(name === by), onclick: () => show(name) },
        `by ${name}`,
      );
    const head = h("header", { class: "card-head" }, h("h2", {}, "Over time"), BY.map(tab));
    fill(place, head, bars(events, by));
  };
  show(BY[0]);
  return place;
}

function bars(events, by) {
  const valueOf = (event) => event[by] ?? "none";
  const names = top(events.map(valueOf), PARTS).map(([name]) => name);
  const times = events.map((event) => Date.parse(event.timestamp));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const step = Math.max((last - first) / (BARS - 1), LEAST_STEP);
  const points = Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => ({
    time: new Date(first + index * step).toISOString(),
    parts: names.map(() => 0),
  }));
  for (const [index, event] of events.entries()) {
    const part = names.indexOf(valueOf(event));
    if (part >= 0) points[Math.floor((times[index] - first) / step)].parts[part] += 1;
  }
  const parts = names.map((name, index) => ({ name, class: `part-${index}` }));
  return stacked(points, parts, `The newest ${full(events.length)} events, by ${by}`);
}

/** The shares of values, of what most events have. */
export function shares(events) {
  const found = new Map();
  const note = (name, value) => {
    if (!value) return;
    if (!found.has(name)) found.set(name, []);
    found.get(name).push(value);
  };
  for (const event of events) {
    for (const name of ["environment", "release", "level", "server_name", "transaction", "platform"])
      note(name, event[name]);
    for (const [name, value] of Object.entries(event.tags)) note(name, value);
  }
  const busiest = [...found].sort(([, a], [, b]) => b.length - a.length).slice(0, TAGS);
  return busiest.map(([name, values]) =>
    h(
      "section",
      { class: "share" },
      h("h3", {}, name.replaceAll("_", " ")),
      distribution(top(values, VALUES), values.length, link(name)),
    ),
  );
}

function link(name) {
  const word = FILTERS[name];
  return word && ((value) => `/errors?q=${encodeURIComponent(one(word, value))}`);
}

/** The values that come most often, with how often. */
function top(values, most) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).slice(0, most);
}
