// The small languages of the dashboard: what a filter asks for, and which conditions choices can say.

import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

const source = (path) => import(pathToFileURL(`${process.env.DASHBOARD_SOURCE}/${path}`));
// West of Greenwich a day of UTC begins on the day before.
process.env.TZ = "America/New_York";
const { has, mayMatch, one, read, toggle } = await source("errors/filter.js");
const { completions } = await source("errors/completions.js");
const { filterOf, leavesOpen, parts, text } = await source("alerts/condition.js");
const { Buckets } = await source("ui/time.js");

const asked = (filter, expected) => assert.deepEqual(read(filter), { query: expected, problems: [] }, filter);
asked("", {});
asked("is:unresolved level:error release:1.2", { status: "unresolved", level: "error", release: "1.2" });
asked('"timeout of" pool', { q: "timeout of pool" });
asked('env:"blue green" source:web', { environment: "blue green", source: "web" });
asked("level:error level:fatal", { level: "error,fatal" });
asked("https://shop.example", { q: "https://shop.example" });

for (const filter of ["is:open", "level:bad", "seen:soon", "nonsense:1", "constructor:1"]) {
  assert.equal(read(filter).problems.length, 1, filter);
}
const since = Date.parse(read("seen:24h").query.since);
assert.ok(Math.abs(Date.now() - 24 * 3_600_000 - since) < 60_000);

asked("LEVEL:error Is:unresolved environment:e", { level: "error", status: "unresolved", environment: "e" });
asked("TypeError: x is null", { q: "TypeError: x is null" });
asked("Depot::Rack level:error", { q: "Depot::Rack", level: "error" });
asked("since:2026-01-31T09:00Z", { since: "2026-01-31T09:00:00.000Z" });
for (const filter of ["level:", "-level:error", "since:soon"]) {
  assert.equal(read(filter).problems.length, 1, filter);
}
asked("is:unresolved is:regressed", { status: "unresolved", regressed: "true" });

// A filter goes on with words, their values, and releases that report.
const known = { release: ["shop@1.2.0", "shop 2", "web@1"] };
const goesOn = (filter, expected) => assert.deepEqual(completions(filter, known), expected, filter);
goesOn("", []);
goesOn("le", ["level:"]);
goesOn("is:unresolved re", ["is:unresolved release:"]);
goesOn("is:unresolved level:e", ["is:unresolved level:error"]);
goesOn("release:SHOP", ["release:shop@1.2.0", 'release:"shop 2"']);
goesOn("release:web@1", []);
goesOn('"timeout is', []);
goesOn("nonsense:", []);
goesOn("constructor:", []);

assert.equal(toggle("is:unresolved pool", "level", "error"), "is:unresolved pool level:error");
assert.equal(toggle("is:unresolved pool", "is", "unresolved"), "pool");
assert.equal(toggle("is:unresolved", "is", "resolved"), "is:resolved");
assert.equal(toggle("level:error", "level", "fatal"), "level:error level:fatal");
assert.equal(toggle("level:error level:fatal", "level", "error"), "level:fatal");
assert.equal(toggle("is:unresolved", "is", "regressed"), "is:unresolved is:regressed");
assert.equal(one("env", "blue green"), 'env:"blue green"');
assert.ok(has('env:"blue green"', "env", "blue green"));

for (const condition of [
  "error_count > 50 in 5m",
  "users_affected >= 2.5 in 1h per error",
  'error_rate < 1 in 30m where level = error and source = "x"',
  "error_count > threshold in 5m",
  "error_count > 5 in time_window where source = x",
]) {
  assert.equal(text(parts(condition)), condition);
}
for (const condition of ["", "error_count > 5 in time_windows", "unknown > 5 in 5m", "error_count 5 in 5m"]) {
  assert.equal(parts(condition), null, condition);
}

// What a rule counted is shown by a filter, as far as filters can say it.
const noon = Date.parse("2026-01-31T12:00:00Z");
for (const [condition, expected] of [
  ["error_count > 5 in 5m", "since:2026-01-31T11:55:00.000Z"],
  ['error_count > 5 in 2h where level = error and source = "the shop"', 'level:error source:"the shop" since:2026-01-31T10:00:00.000Z'],
  ["error_count > 5 in 1d where level = error or source = x", "since:2026-01-30T12:00:00.000Z"],
  ["error_count > 5 in time_window where message = x", "since:2026-01-31T11:00:00.000Z"],
  ["", "since:2026-01-31T11:00:00.000Z"],
]) {
  assert.equal(filterOf(condition, noon), expected, condition);
}

const open = (condition) => Object.keys(leavesOpen(condition)).filter((name) => leavesOpen(condition)[name]);
assert.deepEqual(open("failure_rate > Threshold IN time_window"), ["threshold", "time_window"]);
assert.deepEqual(open("error_count > 5 in time_window per error"), ["time_window"]);
assert.deepEqual(open('error_count > 5 in 5m where message ~ "> threshold in time_window"'), []);

// Of what is told live it is known whether a filter can match it, but for what only the API knows.
const told = { status: "unresolved", level: "error", source: "web", last_seen: new Date().toISOString() };
for (const [filter, expected] of [
  ["", true],
  ["is:unresolved level:fatal level:error", true],
  ["is:resolved", false],
  ["level:warning", false],
  ["source:api", false],
  ["seen:1h", true],
  ["env:staging release:1.2 timeout", true],
]) {
  assert.equal(mayMatch(read(filter).query, told), expected, filter);
}
assert.ok(!mayMatch(read("seen:1h").query, { ...told, last_seen: "2020-01-01T00:00:00.000Z" }));

// Hours are the reader's; days and what is longer are those of UTC.
const HOUR = 3_600_000;
const START = "2026-11-01T00:00:00.000Z";
const day = (length) => new Buckets(length).label(START, 14 * 24);
assert.match(day(HOUR), /31/);
assert.match(day(24 * HOUR), /\b1\b/);
assert.match(new Buckets(7 * 24 * HOUR).text(START), /^Week from .*2026 \(UTC\)$/);
assert.match(day(30 * 24 * HOUR), /2026/);
assert.match(new Buckets(HOUR).clock, /New_York/);
assert.match(new Buckets(24 * HOUR).clock, /UTC/);

// The clock that keeps the pages true would keep this process, too.
process.exit();
