// A key that is bounded when it is made and changed later, and masking that is tried before it holds.

import assert from "node:assert/strict";
import { ask, play } from "./browser.mjs";

const second = await ask("POST", "/api/projects", { name: "Second" });
const keyNamed = async (name) => {
  const { api_keys: keys } = await ask("GET", "/api/settings/api-keys");
  return keys.find((key) => key.name === name);
};

await play(async (visit) => {
  const { page } = visit;
  await visit.logIn();
  await visit.go("/settings/keys");
  await page.getByRole("button", { name: "New key…" }).click();
  await page.getByLabel("What it is for").fill("the shop's pages");
  await page.getByLabel("ingest: submit errors").check();
  await page.getByLabel("Pages that may use it").fill("https://shop.example\nhttps://www.shop.example");
  await page.getByLabel("Of submitted errors").fill("500");
  await page.locator('dialog select[name="project"]').selectOption("Second");
  await page.getByLabel("Expires").fill("2099-12-31");
  await page.getByRole("button", { name: "Make it" }).click();
  await page.locator("dialog .secret").waitFor();
  await page.keyboard.press("Escape");
  const made = await keyNamed("the shop's pages");
  assert.equal(made.project_id, second.id);
  assert.deepEqual(made.allowed_origins, ["https://shop.example", "https://www.shop.example"]);
  const limits = { errors_per_minute: 500, analytics_per_minute: null, general_per_minute: null };
  assert.deepEqual(made.rate_limits, limits);

  // What is changed changes, and nothing else.
  const row = page.locator("tr", { hasText: "the shop's pages" });
  await row.getByText("500 submitted errors a minute").waitFor();
  await row.getByText("Second", { exact: true }).waitFor();
  await row.getByRole("button", { name: "Change…" }).click();
  await page.getByLabel("Of submitted errors").fill("");
  await page.getByLabel("Of other requests").fill("50");
  await page.getByRole("button", { name: "Save" }).click();
  await row.getByText("50 other requests a minute").waitFor();
  const changed = await keyNamed("the shop's pages");
  assert.deepEqual(changed, {
    ...made,
    rate_limits: { ...limits, errors_per_minute: null, general_per_minute: 50 },
  });

  // A draft is tried, and holds once it is saved.
  await visit.go("/projects/1");
  await page.getByLabel("Mask values under these keys, too").fill("customer number");
  await page.getByLabel("card numbers", { exact: true }).uncheck();
  await page.getByRole("button", { name: "Try it" }).click();
  const result = page.getByLabel("What is stored");
  await result.getByText("[Filtered]").waitFor();
  const shown = { customer_number: "[Filtered]", note: "paid with 4111 1111 1111 1111", password: "[Filtered]" };
  assert.deepEqual(JSON.parse(await result.textContent()), shown);
  const none = { extra_keys: [], safe_keys: [], off: [] };
  assert.deepEqual((await ask("GET", "/api/projects/1")).sanitising_rules, none);
  await page.getByLabel("Mask values under these keys, too").fill("_1");
  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByText("holds a key without a letter").waitFor();
  await page.getByLabel("Mask values under these keys, too").fill("customer number");
  await page.getByRole("button", { name: "Save what is masked" }).click();
  await page.getByText("Saved: they hold for events").waitFor();
  const kept = { extra_keys: ["customer number"], safe_keys: [], off: ["card_numbers"] };
  assert.deepEqual((await ask("GET", "/api/projects/1")).sanitising_rules, kept);
  // The key that was none is the only complaint.
  visit.problems = visit.problems.splice(0).filter((problem) => !/status of 400/.test(problem));
});
