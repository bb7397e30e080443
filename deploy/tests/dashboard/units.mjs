// The small languages of the dashboard: what a filter asks for, and which conditions choices can say.

import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

const source = (path) => import(pathToFileURL(`${process.env.DASHBOARD_SOURCE}/${path}`));
const { has, one, read, toggle } = await source("errors/filter.js");
const { parts, text } = await source("alerts/condition.js");

const asked = (filter, expected) => assert.deepEqual(read(filter), { query: expected, problems: [] }, filter);
asked("", {});
asked("is:unresolved level:error release:1.2", { status: "unresolved", level: "error", release: "1.2" });
asked('"timeout of" pool', { q: "timeout of pool" });
asked('env:"blue green" source:web', { environment: "blue green", source: "web" });
asked("level:error level:fatal", { level: "error,fatal" });
asked("https://shop.example", { q: "https://shop.example" });

for (const filter of ["is:open", "level:bad", "seen:soon", "nonsense:1"]) {
  assert.equal(read(filter).problems.length, 1, filter);
}
const since = Date.parse(read("seen:24h").query.since);
assert.ok(Math.abs(Date.now() - 24 * 3_600_000 - since) < 60_000);

assert.equal(toggle("is:unresolved pool", "level", "error"), "is:unresolved pool level:error");
assert.equal(toggle("is:unresolved pool", "is", "unresolved"), "pool");
assert.equal(toggle("is:unresolved", "is", "resolved"), "is:resolved");
assert.equal(one("env", "blue green"), 'env:"blue green"');
assert.ok(has('env:"blue green"', "env", "blue green"));

for (const condition of [
  "error_count > 50 in 5m",
  "users_affected >= 2.5 in 1h per error",
  'error_rate < 1 in 30m where level = error and source = "x"',
]) {
  assert.equal(text(parts(condition)), condition);
}
for (const condition of ["", "error_count > threshold in 5m", "unknown > 5 in 5m", "error_count 5 in 5m"]) {
  assert.equal(parts(condition), null, condition);
}
