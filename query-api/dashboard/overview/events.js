// Events over time by level: of the last hour minute by minute as they came, of longer spans by when they
// happened.

import { get } from "../api.js";
import { LEVELS } from "../ui/badge.js";
import { stacked } from "../ui/chart.js";
import { count } from "../ui/format.js";

/** What can be looked at: the name in the address, what a reader calls it, and its buckets. */
export const PERIODS = [
  ["hour", "1 hour", "minute"],
  ["day", "24 hours", "hour"],
  ["week", "7 days", "hour"],
  ["month", "30 days", "day"],
  ["year", "12 months", "month"],
];

/** The worst stands on the ground, where its height is seen best. */
const PARTS = LEVELS.map((name) => ({ name, class: `level-${name}` }));

const ARRIVALS = [
  { name: "new", class: "part-0" },
  { name: "came back", class: "level-error" },
];

/** The pictures of a period. */
export async function pictures([period, label, bucket], signal) {
  if (period === "hour") return lastHour(signal);
  const query = { period, group_by: bucket };
  const { data_points: buckets } = await get("/api/analytics/trends", query, signal);
  return stacked(buckets.map(point), PARTS, `Events by ${bucket}, last ${label}`);
}

async function lastHour(signal) {
  const { data_points: minutes } = await get("/api/analytics/minutes", {}, signal);
  const arrivals = minutes.map(({ timestamp, new_errors, regressed_errors }) => ({
    time: timestamp,
    parts: [new_errors, regressed_errors],
  }));
  const sum = (index) => arrivals.reduce((all, { parts }) => all + parts[index], 0);
  return [
    stacked(minutes.map(point), PARTS, "Events a minute, last hour"),
    stacked(arrivals, ARRIVALS, `${count(sum(0), "new error")}, ${sum(1)} that came back`),
  ];
}

const point = ({ timestamp, levels }) => ({ time: timestamp, parts: LEVELS.map((name) => levels[name]) });
