// How the events of an error are spread: over time, and over tags, releases and the like.

import { get } from "../api.js";
import { fill, h } from "../ui/h.js";
import { count, full } from "../ui/format.js";
import { distribution, stacked } from "../ui/chart.js";
import { failed, loading } from "../ui/states.js";
import { one } from "../errors/filter.js";

/** Tags that are shown at once, and values of each. */
const TAGS = 8;
const VALUES = 5;

/** New releases that a mark names. */
const NAMED = 5;

/** What can be asked for in the list of errors. */
const FILTERS = { environment: "env", release: "release", source: "source", level: "level" };

/** What the events over time are told apart by. */
const BY = ["environment", "release"];

/** Spans of time, as the API and as readers name them, and the width of a bar. */
const PERIODS = [
  ["day", "24 h", "hour"],
  ["fortnight", "14 d", "day"],
  ["month", "30 d", "day"],
  ["year", "1 y", "week"],
];

/** The events over time, by environment or by release, with the releases that came meanwhile. */
export function overTime(id, signal) {
  const place = h("div", {});
  const chosen = { period: PERIODS[1], by: BY[0] };
  const body = h("div", { class: "panel-body" }, loading(4));
  const show = async (change) => {
    Object.assign(chosen, change);
    fill(place, head(chosen, show), body);
    const [period, , group_by] = chosen.period;
    try {
      const series = await get(`/api/errors/${id}/series`, { period, group_by, by: chosen.by }, signal);
      if (period === chosen.period[0] && series.by === chosen.by) fill(body, bars(series, chosen.period));
    } catch (failure) {
      if (!signal.aborted) fill(body, failed(failure, () => show({})));
    }
  };
  return { node: place, load: () => show({}) };
}

function head(chosen, show) {
  const tab = (label, isChosen, change) =>
    h(
      "button",
      { type: "button", class: "chip", "aria-pressed": String(isChosen), onclick: () => show(change) },
      label,
    );
  return h(
    "header",
    { class: "card-head" },
    h("h2", {}, "Over time"),
    h(
      "span",
      { class: "chip-group" },
      BY.map((by) => tab(`by ${by}`, by === chosen.by, { by })),
    ),
    h(
      "span",
      { class: "chip-group" },
      PERIODS.map((period) => tab(period[1], period === chosen.period, { period })),
    ),
  );
}

function bars(series, [, label]) {
  const known = series.parts.map((part, index) => ({
    name: part.name ?? "none named",
    class: `part-${index}`,
    counts: part.counts,
  }));
  const hasOthers = series.others.some((events) => events > 0);
  const parts = hasOthers
    ? [...known, { name: "others", class: "part-rest", counts: series.others }]
    : known;
  const points = series.timestamps.map((time, index) => ({
    time,
    parts: parts.map((part) => part.counts[index]),
  }));
  const sum = points.flatMap((point) => point.parts).reduce((before, each) => before + each, 0);
  return stacked(points, parts, `${count(sum, "event")} in ${label}`, marks(series));
}

/** When releases came; those of one bar have one mark. */
function marks({ releases, timestamps }) {
  const bars = new Map();
  for (const { release, first_seen: time } of releases.toReversed()) {
    const bar = timestamps.findLastIndex((begin) => begin <= time);
    if (!bars.has(bar)) bars.set(bar, { time, names: [] });
    bars.get(bar).names.push(release);
  }
  return [...bars.values()].map(({ time, names }) => {
    const more = names.length > NAMED ? ` and ${count(names.length - NAMED, "other")}` : "";
    return { time, name: `New: ${names.slice(0, NAMED).join(", ")}${more}` };
  });
}

/** The shares of values among the newest events. */
export async function shares(id, signal) {
  const { events, tags: all } = await get(`/api/errors/${id}/tags`, {}, signal);
  if (all.length === 0) return h("p", { class: "quiet" }, "No event was kept that could tell.");
  // What is the same for all tells least.
  const isSame = (tag) => tag.distinct === 1 && tag.events === events;
  const tags = [...all.filter((tag) => !isSame(tag)), ...all.filter(isSame)];
  const rest = tags.slice(TAGS);
  return [
    tags.slice(0, TAGS).map((tag) => share(tag, events)),
    h("p", { class: "quiet share-of" }, `Of the newest ${count(events, "event")}.`),
    rest.length > 0 &&
      h(
        "details",
        {},
        h("summary", {}, count(rest.length, "more tag")),
        rest.map((tag) => share(tag, events)),
      ),
  ];
}

function share({ name, values, distinct }, events) {
  const shown = values.slice(0, VALUES);
  return h(
    "section",
    { class: "share" },
    h("h3", {}, name.replaceAll("_", " ")),
    distribution(
      shown.map((each) => [each.value, each.events]),
      events,
      link(name),
    ),
    distinct > shown.length && h("p", { class: "quiet" }, `and ${full(distinct - shown.length)} more`),
  );
}

function link(name) {
  const word = FILTERS[name];
  return word && ((value) => `/errors?q=${encodeURIComponent(one(word, value))}`);
}
