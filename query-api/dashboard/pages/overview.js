// How everything fares at a glance: events over time, what is new, what came back, what is loudest, and
// whether the system itself is well.

import { get } from "../api.js";
import * as live from "../live.js";
import { isInstallation } from "../session.js";
import { fill, h } from "../ui/h.js";
import { full, measured, short } from "../ui/format.js";
import { ago, hoursAgo } from "../ui/time.js";
import { health, level } from "../ui/badge.js";
import { sparkline, stacked } from "../ui/chart.js";
import { choice, panel } from "../ui/panel.js";
import { empty } from "../ui/states.js";

const PERIODS = [
  ["day", "24 hours", "hour"],
  ["week", "7 days", "hour"],
  ["month", "30 days", "day"],
  ["year", "12 months", "month"],
];
const PARTS = [
  { name: "warning and below", class: "level-warning" },
  { name: "error and fatal", class: "level-error" },
];
const SHOWN = 8;

/** Lines as high as so many errors. */
const LINES = 10;

/** Errors of which the loudest are found, and the hours that count. */
const LOOKED_AT = 50;
const HOURS = 24;

/** No more often are the numbers asked for again, whatever happens meanwhile. */
const AGAIN = 15_000;

export default async function overview(view) {
  const period = PERIODS.find(([name]) => name === view.query.get("period")) ?? PERIODS[0];
  const panels = [
    panel("overview-numbers", null, () => numbers(view)),
    panel("card wide", [h("h2", {}, "Events"), periods(period)], () => trend(view, period)),
    panel(
      "card",
      [h("h2", {}, "New errors"), more("/errors?sort=first_seen")],
      () => fresh(view),
      LINES,
    ),
    panel(
      "card",
      [h("h2", {}, "Came back"), h("span", { class: "quiet" }, "of the 100 seen last")],
      () => regressed(view),
      LINES,
    ),
    panel(
      "card",
      [h("h2", {}, "Loudest"), h("span", { class: "quiet" }, "events in the last 24 hours")],
      () => loudest(view),
      LINES,
    ),
    isInstallation() &&
      panel("card", [h("h2", {}, "System"), more("/monitoring")], () => services(view), LINES),
  ].filter(Boolean);
  fill(
    view.root,
    h("h1", { class: "hidden" }, "Overview"),
    h(
      "div",
      { class: "overview" },
      panels.map((it) => it.node),
    ),
  );
  const load = () => Promise.all(panels.map((it) => it.load()));
  follow(view, load);
  await load();
}

/** Asks again when something happened, and not too often. */
function follow(view, load) {
  let timer = null;
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = null;
      load();
    }, AGAIN);
  };
  for (const type of ["errors", "refresh"]) live.on(type, soon, view.signal);
  view.signal.addEventListener("abort", () => clearTimeout(timer));
}

const more = (address) => h("a", { class: "more", href: address }, "All");

function periods([chosen]) {
  return choice(
    PERIODS.map(([name, label]) => [name, label, `/overview?period=${name}`]),
    chosen,
  );
}

async function numbers(view) {
  const stats = await get("/api/stats", {}, view.signal);
  const number = (name, value, hint) =>
    h("div", { class: "number" }, h("strong", { title: hint }, value), h("span", {}, name));
  return h(
    "div",
    { class: "numbers" },
    number("events in 24 hours", short(stats.events_24h), full(stats.events_24h)),
    number("users in 24 hours", short(stats.users_affected_24h), full(stats.users_affected_24h)),
    number("errors today", short(stats.errors_today), `${full(stats.errors_this_week)} this week`),
    number("errors in all", short(stats.total_errors), `${full(stats.events_total)} events`),
    number("resolved", measured(stats.resolution_rate, "%"), full(stats.resolved_errors)),
    number("to resolve one", stats.avg_resolution_time ?? "–"),
  );
}

async function trend(view, [period, label, group]) {
  const { data_points: buckets } = await get(
    "/api/analytics/trends",
    { period, group_by: group },
    view.signal,
  );
  const points = buckets.map((bucket) => ({
    time: bucket.timestamp,
    parts: [bucket.error_count - bucket.critical_count, bucket.critical_count],
  }));
  return stacked(points, PARTS, `Events by ${group}, last ${label}`);
}

async function fresh(view) {
  const { errors } = await get("/api/errors", { sort: "first_seen", limit: SHOWN }, view.signal);
  return lines(errors, (error) => ago(error.first_seen, "quiet"), "Nothing has been reported yet.");
}

async function regressed(view) {
  const { errors } = await get("/api/errors", { status: "unresolved", limit: 100 }, view.signal);
  const back = errors.filter((error) => error.regressed).slice(0, SHOWN);
  return lines(back, (error) => ago(error.last_seen, "quiet"), "Nothing that was resolved came back.");
}

function lines(errors, end, nothing) {
  if (errors.length === 0) return empty(nothing);
  return h(
    "ol",
    { class: "lines" },
    errors.map((error) =>
      h("li", {}, level(error.level), h("a", { href: `/errors/${error.id}` }, error.title), end(error)),
    ),
  );
}

/** Of those seen today that most is known of, what happened most often today. */
async function loudest(view) {
  const { errors } = await get(
    "/api/errors",
    { since: hoursAgo(HOURS), sort: "count", limit: LOOKED_AT },
    view.signal,
  );
  const ids = errors.map((error) => error.id).join(",");
  const series = await get("/api/errors/series", { ids, period: "day" }, view.signal);
  const counts = new Map(series.errors.map((each) => [each.id, each.counts]));
  const today = errors
    .map((error) => ({ error, counts: counts.get(error.id) ?? [] }))
    .map((each) => ({ ...each, sum: each.counts.reduce((before, one) => before + one, 0) }))
    .sort((a, b) => b.sum - a.sum)
    .slice(0, SHOWN);
  if (today.length === 0) return empty("It was quiet.");
  return h(
    "ol",
    { class: "lines" },
    today.map(({ error, counts: hours, sum }) =>
      h(
        "li",
        {},
        sparkline(hours, `${error.title}: up to ${full(Math.max(...hours))} events an hour`),
        h("a", { href: `/errors/${error.id}` }, error.title),
        h("span", { class: "quiet", title: `${full(sum)} events` }, short(sum)),
      ),
    ),
  );
}

async function services(view) {
  const { services: all } = await get("/api/monitoring/services", { project_id: null }, view.signal);
  return h(
    "ul",
    { class: "lines" },
    all.map((service) =>
      h(
        "li",
        {},
        health(service.status),
        h("span", { class: "line-name" }, service.name),
        lag(service) ?? h("span", { class: "quiet" }, measured(service.response_time_ms, " ms")),
      ),
    ),
  );
}

/** How long events take to become visible. */
function lag(service) {
  const { lag_p50_ms: median, lag_p95_ms: most } = service.details ?? {};
  if (typeof median !== "number") return null;
  const title = `From its acceptance; 95 % within ${measured(most)} ms`;
  return h("span", { class: "quiet", title }, `visible after ${measured(Math.round(median))} ms`);
}
