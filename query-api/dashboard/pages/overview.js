// How everything fares at a glance: events over time, what is new, what came back, what is loudest and
// what grew, which releases report, and whether the system itself is well.

import { get } from "../api.js";
import * as live from "../live.js";
import { isInstallation } from "../session.js";
import { fill, h } from "../ui/h.js";
import { count, full, measured, short } from "../ui/format.js";
import { ago } from "../ui/time.js";
import { health } from "../ui/badge.js";
import { choice, panel } from "../ui/panel.js";
import { empty } from "../ui/states.js";
import { PERIODS, pictures } from "../overview/events.js";
import { fresh, loudest, movers, regressed } from "../overview/lists.js";
import { releaseFilter } from "../project/releases.js";

const RELEASES = 8;

/** Lines as high as so many errors. */
const LINES = 10;

/** No more often are the numbers asked for again, whatever happens meanwhile. */
const AGAIN = 15_000;

export default async function overview(view) {
  const { signal } = view;
  const period = PERIODS.find(([name]) => name === view.query.get("period")) ?? PERIODS[0];
  const list = (title, beside, content) => panel("card", [h("h2", {}, title), beside], content, LINES);
  const said = (text) => h("span", { class: "quiet" }, text);
  const panels = [
    panel("overview-numbers", null, () => numbers(signal)),
    panel("card wide", [h("h2", {}, "Events"), periods(period)], () => pictures(period, signal)),
    list("New errors", more("/errors?sort=first_seen"), () => fresh(signal)),
    list("Came back", more("/errors?q=is:unresolved+is:regressed"), () => regressed(signal)),
    list("Grew most", said("against the day before"), () => movers(signal)),
    list("Loudest", said("events in the last 24 hours"), () => loudest(signal)),
    list("Releases", more("/releases"), () => releases(signal)),
    isInstallation() && list("System", more("/monitoring"), () => services(signal)),
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

async function numbers(signal) {
  const stats = await get("/api/stats", {}, signal);
  const number = (name, value, hint) =>
    h("div", { class: "number" }, h("strong", { title: hint }, value), h("span", {}, name));
  return h(
    "div",
    { class: "numbers" },
    number("events in 24 hours", short(stats.events_24h), `${full(stats.events_total)} in all`),
    number("users in 24 hours", short(stats.users_affected_24h), full(stats.users_affected_24h)),
    number("new in 24 hours", short(stats.new_errors_24h), full(stats.new_errors_24h)),
    number("came back in 24 hours", short(stats.regressed_errors_24h), full(stats.regressed_errors_24h)),
    number("errors in all", short(stats.total_errors), `${full(stats.errors_today)} seen today`),
    number("resolved", measured(stats.resolution_rate, "%"), full(stats.resolved_errors)),
    number("to resolve one", stats.avg_resolution_time ?? "–"),
  );
}

async function releases(signal) {
  const { releases: all } = await get("/api/releases", { limit: RELEASES }, signal);
  if (all.length === 0) return empty("No event of the last 30 days named a release.");
  const line = (release) =>
    h(
      "li",
      {},
      h("a", { href: releaseFilter(release) }, release.release),
      release.new_errors > 0 && h("span", { class: "quiet" }, count(release.new_errors, "new error")),
      ago(release.last_seen, "quiet"),
    );
  return h("ol", { class: "lines" }, all.map(line));
}

async function services(signal) {
  const { services: all } = await get("/api/monitoring/services", { project_id: null }, signal);
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
