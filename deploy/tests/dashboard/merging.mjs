// Errors become one by keys and by clicks, it is told why they are one, and all of it can be taken back;
// a project's rules are tried before they hold.

import assert from "node:assert/strict";
import { ask, event, listed, play, report } from "./browser.mjs";

const failing = (type, value) =>
  event({ exception: { values: [{ ...event().exception.values[0], type, value }] } });
const count = async (id) => (await ask("GET", `/api/errors/${id}`)).count;

for (const [type, times] of [
  ["CartError", 3],
  ["PriceError", 1],
  ["StockError", 1],
]) {
  for (let time = 0; time < times; time += 1) await report(failing(type, "the shop is closed"));
}
const [cart, price, stock] = await Promise.all(["CartError", "PriceError", "StockError"].map(listed));
for (let tries = 0; (await count(cart.id)) < 3; tries += 1) assert.ok(tries < 400, "the events are stored");

await play(async (visit) => {
  const { page } = visit;
  await visit.logIn();
  await page.locator(".row-title").nth(2).waitFor();
  await page.locator(".row .sparkline").nth(2).waitFor();
  await page.getByRole("button", { name: "24 hours" }).click();
  await page.locator('.row .sparkline[aria-label^="Last 24 hours: 3 events"]').waitFor();

  // All three by keys. The one that most is known of stays.
  for (const key of ["j", "x", "j", "x", "j", "x", "m"]) await page.keyboard.press(key);
  await page.getByText("Merged 3 errors into one").waitFor();
  await page.locator(".row-title").nth(1).waitFor({ state: "detached" });
  assert.equal(await page.locator(".row-title").textContent(), cart.title);
  assert.equal(await count(price.id), 5);
  await page.keyboard.press("u");
  await page.locator(".row-title").nth(2).waitFor();
  assert.deepEqual(await Promise.all([cart, price, stock].map((error) => count(error.id))), [3, 1, 1]);

  // On its page one is told what belongs together, and why.
  await visit.go(`/errors/${cart.id}`);
  await page.getByText("The type and the program's own frames decide.").waitFor();
  await page.locator(".components code", { hasText: "CartError" }).first().waitFor();
  await page.getByRole("button", { name: /^Merge…/ }).click();
  await page.getByLabel("Another one, by its address or id").fill(`https://x.example/errors/${price.id}?a=b`);
  await page.getByRole("button", { name: "Merge", exact: true }).click();
  await page.getByText("Merged from 2 fingerprints").waitFor();
  await page.locator(".activity li", { hasText: "merged 1 error into it" }).waitFor();
  assert.equal(await count(price.id), 4);
  await page.getByRole("button", { name: "Take out" }).click();
  await page.getByText("Merged from 2 fingerprints").waitFor({ state: "detached" });
  assert.equal(await count(price.id), 1);

  // The pictures of one error.
  await page.locator(".chart-place .bar").nth(14).waitFor();
  await page.getByRole("button", { name: "by release" }).click();
  await page.locator(".chart-place figcaption", { hasText: "3 events in 14 d" }).waitFor();
  await page.locator(".share", { hasText: "environment" }).locator("a", { hasText: "production" }).waitFor();

  // Rules of the project are tried, and refused with the place where they are wrong.
  await visit.go("/projects/1");
  await page.getByLabel("Grouping").fill('type:StockError -> fingerprint("closed")');
  await page.getByRole("button", { name: "Try on the newest events" }).click();
  await page.locator(".number", { hasText: "go elsewhere" }).locator("strong", { hasText: "1" }).waitFor();
  await page.getByRole("button", { name: "Save the rules" }).click();
  await page.getByText("Saved: they hold").waitFor();
  assert.match((await ask("GET", "/api/projects/1")).grouping_rules, /StockError/);
});

// Who may only read is told the same and offered no change.
const { api_key: key } = await ask("POST", "/api/settings/api-keys", { name: "reader", permissions: ["read"] });
await play(async (visit) => {
  const { page } = visit;
  await visit.logIn(key);
  await visit.go(`/errors/${cart.id}`);
  await page.getByText("The type and the program's own frames decide.").waitFor();
  assert.equal(await page.getByRole("button", { name: /^Merge/ }).count(), 0);
});
