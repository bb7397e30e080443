// What moves: events by level, what came back, what grew, releases, and a filter that knows them.

import assert from "node:assert/strict";
import { ask, event, listed, play, report } from "./browser.mjs";

const of = (type, fields = {}) =>
  event({ exception: { values: [{ ...event().exception.values[0], type, value: "it failed" }] }, ...fields });
const until = async (path, done) => {
  for (let tries = 0; !done(await ask("GET", path)); tries += 1) {
    assert.ok(tries < 200, path);
    await new Promise((resume) => setTimeout(resume, 50));
  }
};

await report(of("Settled"));
const settled = await listed("Settled");
await ask("PUT", `/api/errors/${settled.id}/resolve`);
await report(of("Settled", { release: "shop@1.3.0" }));
await until(`/api/errors/${settled.id}`, (error) => error.regressed);
for (let times = 0; times < 3; times += 1) await report(of("Growing", { level: "warning", release: "shop@1.3.0" }));
await until("/api/releases", ({ releases }) => releases[0]?.events === 4);

await play(async (visit) => {
  const { page } = visit;
  await visit.logIn();
  await visit.go("/overview");
  const card = (title) => page.locator(".card", { has: page.getByRole("heading", { name: title }) });
  await page.getByRole("img", { name: "Events a minute, last hour" }).waitFor();
  await page.locator(".legend", { hasText: "fatal" }).getByText("debug").waitFor();
  await page.getByRole("img", { name: "2 new errors, 1 that came back" }).waitFor();
  await card("Came back").getByRole("link", { name: /Settled/ }).waitFor();
  await card("Grew most").locator("li", { hasText: "Growing" }).getByText("+3").waitFor();
  await card("Releases").getByText("1 new error").first().waitFor();

  // What came back leads to its filter.
  await visit.click(card("Came back").getByRole("link", { name: "All" }));
  await page.locator(".list-said", { hasText: /^1 error$/ }).waitFor();
  assert.equal(await page.getByLabel("Filter").inputValue(), "is:unresolved is:regressed");

  // A release leads to its errors.
  await visit.go("/releases");
  await visit.click(page.getByRole("link", { name: "shop@1.3.0" }));
  await page.locator(".list-said", { hasText: /^2 errors$/ }).waitFor();

  // Whoever writes a filter is offered the releases that there are.
  await page.getByLabel("Filter").fill("is:unresolved release:");
  const offered = page.locator("#filter-suggestions option");
  await page.locator('#filter-suggestions option[value="is:unresolved release:shop@1.2.0"]').waitFor({ state: "attached" });
  const values = await offered.evaluateAll((all) => all.map((option) => option.value));
  assert.deepEqual(values, ["is:unresolved release:shop@1.3.0", "is:unresolved release:shop@1.2.0"]);

  // Uptime is told hour by hour, from the first check on.
  await until("/api/monitoring/uptime", ({ hours }) => hours.length > 0);
  await visit.go("/monitoring");
  await page.getByRole("img", { name: /The last 24 hours, hour by hour: at least/ }).waitFor();
});
