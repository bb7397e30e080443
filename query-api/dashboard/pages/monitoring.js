// How the system itself fares: its parts, its uptime, its hosts, and what became of every event.

import { get } from "../api.js";
import { fill, h } from "../ui/h.js";
import { bytes, duration, full, measured, short } from "../ui/format.js";
import { ago, at, hoursAgo } from "../ui/time.js";
import { health } from "../ui/badge.js";
import { line, stacked } from "../ui/chart.js";
import { choice, panel } from "../ui/panel.js";
import { facts } from "../ui/table.js";
import { flow } from "../monitoring/flow.js";
import { strip } from "../monitoring/strip.js";

/** How much of the ledger is shown. */
const HOURS = 24;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const FRAMES = ["1h", "6h", "24h", "7d", "30d"];

/** Health is checked every few seconds; so often is it read. */
const AGAIN = 10_000;

export default async function monitoring(view) {
  const frame = FRAMES.includes(view.query.get("frame")) ? view.query.get("frame") : "6h";
  const services = panel("card wide", [h("h2", {}, "Parts")], () => parts(view));
  const others = [
    panel("card", [h("h2", {}, "Uptime of accepting errors")], () => uptime(view)),
    panel("card", [h("h2", {}, "Requests, last hour")], () => performance(view)),
    panel(
      "card wide",
      [
        h("h2", {}, "Hosts"),
        choice(
          FRAMES.map((name) => [name, name, `/monitoring?frame=${name}`]),
          frame,
        ),
      ],
      () => hosts(view, frame),
    ),
    panel(
      "card wide",
      [h("h2", {}, "What became of every event"), h("span", { class: "quiet" }, "last 24 hours")],
      () => ledger(view),
    ),
  ];
  fill(
    view.root,
    h("h1", { class: "hidden" }, "Monitoring"),
    h(
      "div",
      { class: "overview" },
      [services, ...others].map((it) => it.node),
    ),
  );
  const timer = setInterval(() => services.load(), AGAIN);
  view.signal.addEventListener("abort", () => clearInterval(timer));
  await Promise.all([services, ...others].map((it) => it.load()));
}

const read = (path, query, view) => get(path, { ...query, project_id: null }, view.signal);

async function parts(view) {
  const { services, overall_health } = await read("/api/monitoring/services", {}, view);
  return [
    h("p", {}, "Overall ", health(overall_health)),
    h(
      "ul",
      { class: "services" },
      services.map((service) =>
        h(
          "li",
          { class: `service service-${service.status === "healthy" ? "healthy" : "ill"}` },
          h("h3", {}, service.name, " ", health(service.status)),
          facts([
            ["Uptime, 24 h", measured(service.uptime_percent, " %")],
            [
              "Last check",
              [
                measured(service.response_time_ms, " ms"),
                " ",
                service.last_checked && ago(service.last_checked, "quiet"),
              ],
            ],
            ...Object.entries(service.details ?? {}).map(([name, value]) => [
              words(name),
              detail(name, value),
            ]),
          ]),
        ),
      ),
    ),
  ];
}

const words = (name) => name.replace(/_(bytes|ms)$/, "").replaceAll("_", " ");

function detail(name, value) {
  if (value === null || typeof value === "object") return null;
  if (typeof value !== "number") return String(value);
  if (name.endsWith("_bytes")) return bytes(value);
  return name.endsWith("_ms") ? `${measured(value)} ms` : full(value);
}

async function uptime(view) {
  const up = await read("/api/monitoring/uptime", {}, view);
  const shares = [
    ["24 hours", up.uptime_percent_24h],
    ["7 days", up.uptime_percent_7d],
    ["30 days", up.uptime_percent_30d],
  ];
  return [
    h(
      "div",
      { class: "numbers" },
      shares.map(([name, percent]) =>
        h("div", { class: "number" }, h("strong", {}, measured(percent, " %")), h("span", {}, name)),
      ),
    ),
    strip("The last 24 hours, hour by hour", up.hours, HOUR),
    strip("The last 30 days, day by day", up.days, DAY),
    facts([
      ["Up for", up.current_uptime_hours !== null && duration(up.current_uptime_hours * 3600)],
      ["Downtimes in 30 days", full(up.incidents_count)],
      ["Last downtime", up.last_downtime && at(up.last_downtime)],
    ]),
  ];
}

async function performance(view) {
  const hour = await read("/api/analytics/performance", {}, view);
  return [
    h(
      "div",
      { class: "numbers" },
      h(
        "div",
        { class: "number" },
        h("strong", {}, measured(hour.performance_score)),
        h("span", {}, "of 10 points"),
      ),
      h(
        "div",
        { class: "number" },
        h("strong", {}, measured(hour.avg_response_time, " ms")),
        h("span", {}, "mean"),
      ),
      h(
        "div",
        { class: "number" },
        h("strong", {}, measured(hour.p95_response_time, " ms")),
        h("span", {}, "95 % within"),
      ),
    ),
    facts([
      ["Availability", measured(hour.availability_percent, " %")],
      ["Answered with 5xx", measured(hour.error_rate_percent, " %")],
      ["Requests a minute", measured(hour.throughput_rpm)],
    ]),
  ];
}

async function hosts(view, timeframe) {
  const metrics = await read("/api/monitoring/metrics", { timeframe }, view);
  const points = (name) => metrics.series.map((point) => ({ time: point.timestamp, value: point[name] }));
  if (metrics.series.length === 0) return h("p", { class: "quiet" }, "No host was sampled in this time.");
  const percent = { unit: " %", least: 100 };
  return h(
    "div",
    { class: "charts" },
    line(
      points("cpu_usage_percent"),
      `CPU, ${measured(metrics.cpu_usage_percent, " %")} in the mean`,
      percent,
    ),
    line(
      points("memory_usage_percent"),
      `Memory, ${measured(metrics.memory_usage_percent, " %")} in the mean`,
      percent,
    ),
    line(
      points("disk_usage_percent"),
      `Disk, ${measured(metrics.disk_usage_percent, " %")} of the fullest`,
      percent,
    ),
    line(
      points("requests_per_minute"),
      `Requests a minute, ${measured(metrics.requests_per_minute)} in the mean`,
    ),
  );
}

async function ledger(view) {
  const book = await get("/api/monitoring/ledger", { since: hoursAgo(HOURS) }, view.signal);
  // Hours without events are not told of.
  const byHour = new Map(
    Array.from({ length: HOURS }, (_, index) => [hourBefore(HOURS - 1 - index), [0, 0]]),
  );
  for (const hour of book.hours) {
    const parts = byHour.get(Date.parse(hour.hour));
    if (!parts) continue;
    parts[0] += hour.accepted;
    parts[1] += refused(hour);
  }
  const points = [...byHour].map(([time, parts]) => ({ time: new Date(time).toISOString(), parts }));
  const names = [
    { name: "accepted", class: "part-0" },
    { name: "refused", class: "level-error" },
  ];
  return [
    flow(book.totals),
    stacked(points, names, `Events by hour: ${short(book.totals.accepted)} accepted`),
  ];
}

/** The start of the hour that was so many before this one. */
const hourBefore = (hours) => (Math.floor(Date.now() / HOUR) - hours) * HOUR;

const refused = (account) => account.rate_limited + account.invalid + account.unavailable;
