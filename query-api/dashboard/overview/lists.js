// Short lists of errors: what is new, what came back, what is loudest and what grew.

import { get } from "../api.js";
import { h } from "../ui/h.js";
import { full, short } from "../ui/format.js";
import { ago, hoursAgo } from "../ui/time.js";
import { level } from "../ui/badge.js";
import { sparkline } from "../ui/chart.js";
import { empty } from "../ui/states.js";

const SHOWN = 8;

/** Errors of which the loudest are found, and the hours that count. */
const LOOKED_AT = 50;
const HOURS = 24;

/** What was seen first last. */
export async function fresh(signal) {
  const { errors } = await get("/api/errors", { sort: "first_seen", limit: SHOWN }, signal);
  return lines(errors, (error) => ago(error.first_seen, "quiet"), "Nothing has been reported yet.");
}

/** What was resolved, came back and is open. */
export async function regressed(signal) {
  const query = { status: "unresolved", regressed: true, limit: SHOWN };
  const { errors } = await get("/api/errors", query, signal);
  return lines(errors, (error) => ago(error.last_seen, "quiet"), "Nothing that was resolved came back.");
}

function lines(errors, end, nothing) {
  if (errors.length === 0) return empty(nothing);
  return h(
    "ol",
    { class: "lines" },
    errors.map((error) => h("li", {}, level(error.level), link(error), end(error))),
  );
}

/** Of those seen today that most is known of, what happened most often today. */
export async function loudest(signal) {
  const query = { since: hoursAgo(HOURS), sort: "count", limit: LOOKED_AT };
  const { errors } = await get("/api/errors", query, signal);
  const sum = (counts) => counts.reduce((before, one) => before + one, 0);
  const today = (await withCounts(errors, signal))
    .map(({ error, counts }) => ({ error, counts, sum: sum(counts) }))
    .sort((one, other) => other.sum - one.sum)
    .slice(0, SHOWN);
  return drawn(today, ({ sum: events }) => [short(events), `${full(events)} events`], "It was quiet.");
}

/** What grew most against the day before. */
export async function movers(signal) {
  const { errors } = await get("/api/analytics/movers", { limit: SHOWN }, signal);
  const grown = ({ error: { events, events_before: before, change_percent: percent } }) => [
    percent === null ? `+${short(events)}` : `+${short(percent)}%`,
    `${full(events)} events, ${full(before)} the day before`,
  ];
  return drawn(await withCounts(errors, signal), grown, "Nothing grew.");
}

/** Errors with their events hour by hour. */
async function withCounts(errors, signal) {
  if (errors.length === 0) return [];
  const ids = errors.map((error) => error.id).join(",");
  const series = await get("/api/errors/series", { ids, period: "day" }, signal);
  const counts = new Map(series.errors.map((each) => [each.id, each.counts]));
  return errors.map((error) => ({ error, counts: counts.get(error.id) ?? [] }));
}

/** @param {(row: any) => [string, string]} end what stands at the end of a line, and what it means */
function drawn(rows, end, nothing) {
  if (rows.length === 0) return empty(nothing);
  const line = (row) => {
    const [text, title] = end(row);
    const most = `up to ${full(Math.max(0, ...row.counts))} events an hour`;
    return h(
      "li",
      {},
      sparkline(row.counts, `${row.error.title}: ${most}`),
      link(row.error),
      h("span", { class: "quiet", title }, text),
    );
  };
  return h("ol", { class: "lines" }, rows.map(line));
}

const link = (error) => h("a", { href: `/errors/${error.id}` }, error.title);
