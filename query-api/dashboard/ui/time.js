// Times: how long ago, in the reader's zone, with UTC on hover. One clock keeps all of them true.

import { h } from "./h.js";
import { duration } from "./format.js";

const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const hourMinute = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayMonth = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayOfUtc = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const dateOfUtc = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeZone: "UTC" });
const monthOfUtc = new Intl.DateTimeFormat(undefined, { month: "short", year: "numeric", timeZone: "UTC" });
const withMillis = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});

const DAY = 86_400_000;
const WEEK = 7 * DAY;

/** How often `3 min ago` is looked at again. */
const PERIOD = 15_000;

/** `3 min ago`. */
export function ago(time, className) {
  return element(time, "ago", className, relative(time));
}

/** Date and time in the reader's zone. */
export function at(time, className) {
  return element(time, "at", className, dateTime.format(new Date(time)));
}

/** The time of a day, to the millisecond. */
export function clock(time, className) {
  return element(time, "at", className, withMillis.format(new Date(time)));
}

/** A label for the axis of a chart that spans so many hours. */
export const label = (time, hours) =>
  hours <= 48 ? hourMinute.format(new Date(time)) : dayMonth.format(new Date(time));

/**
 * Stretches of so many milliseconds, as the API counts in: hours are those of every clock, but days,
 * weeks and months are those of UTC, and are named by it.
 */
export class Buckets {
  constructor(length) {
    this.isOfUtc = length >= DAY;
    this.isWeek = length === WEEK;
    this.isMonth = length > WEEK;
  }

  /** A label for the axis of a chart that spans so many hours. */
  label(time, hours) {
    if (!this.isOfUtc) return label(time, hours);
    return (this.isMonth ? monthOfUtc : dayOfUtc).format(new Date(time));
  }

  /** A stretch as texts say it. */
  text(time) {
    if (!this.isOfUtc) return text(time);
    const name = (this.isMonth ? monthOfUtc : dateOfUtc).format(new Date(time));
    return `${this.isWeek ? `Week from ${name}` : name} (UTC)`;
  }

  /** The clock that its labels go by. */
  get clock() {
    return this.isOfUtc ? "days of UTC" : zone();
  }
}

/** The clock that times are shown by, unless they say another. */
export const zone = () => `times of ${dateTime.resolvedOptions().timeZone}`;

/** The time as texts say it. */
export const text = (time) => dateTime.format(new Date(time));

/** Now less so many hours, as the API writes it. */
export const hoursAgo = (hours) => new Date(Date.now() - hours * 3_600_000).toISOString();

/** Writes another time into an element that {@link ago} made. */
export function move(node, time) {
  node.dateTime = time;
  node.title = hint(time);
  node.textContent = relative(time);
}

function element(time, kind, className, shown) {
  const known = Number.isFinite(Date.parse(time));
  if (!known) return h("span", { class: className }, "–");
  return h("time", { datetime: time, title: hint(time), "data-kind": kind, class: className }, shown);
}

function hint(time) {
  return `${dateTime.format(new Date(time))}\n${new Date(time).toISOString()} (UTC)`;
}

function relative(time) {
  const seconds = (Date.now() - Date.parse(time)) / 1000;
  if (Math.abs(seconds) < 10) return "just now";
  return seconds > 0 ? `${duration(seconds)} ago` : `in ${duration(-seconds)}`;
}

setInterval(() => {
  for (const node of document.querySelectorAll('time[data-kind="ago"]')) {
    const shown = relative(node.dateTime);
    if (node.textContent !== shown) node.textContent = shown;
  }
}, PERIOD);
