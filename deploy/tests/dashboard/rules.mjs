// A rule is tried on the past while it is written: with what its condition leaves open, and with nothing
// left of the condition before when one is refused.

import assert from "node:assert/strict";
import { ask, event, listed, play, report } from "./browser.mjs";

await report(event());
await listed("the cart is empty");
const project = await ask("POST", "/api/projects", { name: "Second" });

await play(async (visit) => {
  const { page } = visit;
  await visit.logIn();
  await visit.go("/alerts/new");
  await page.locator(".page-head .badge", { hasText: "Default" }).waitFor();
  await page.locator(".preview .chart").waitFor();
  const condition = page.getByLabel("As text");

  await condition.fill("nonsense");
  await page.getByText("There is nothing to show for this condition.").waitFor();
  assert.equal(await page.locator(".preview .chart").count(), 0);

  await condition.fill("error_count >= threshold in time_window");
  await page.getByLabel("Threshold").fill("1");
  await page.getByLabel("Time window").fill("10m");
  await page.locator(".preview figcaption", { hasText: "against 1" }).waitFor();
  await page.getByLabel("Name").fill("Any error");
  await page.getByRole("button", { name: "Make the rule" }).click();
  await page.getByRole("link", { name: "Any error" }).waitFor();
  const { rules } = await ask("GET", "/api/alerts/rules");
  const [made] = rules;
  assert.deepEqual(
    [made.condition, made.threshold, made.time_window, made.project_id],
    ["error_count >= threshold in time_window", 1, "10m", 1],
  );

  // What it leaves open can be changed by itself.
  await page.getByRole("link", { name: "Any error" }).click();
  await page.getByLabel("Threshold").fill("2");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL((url) => url.pathname === "/alerts");
  assert.equal((await ask("GET", "/api/alerts/rules")).rules[0].threshold, 2);

  // Where all projects are looked at, rules say whose they are.
  const theirs = { name: "Of the second", condition: "error_count >= 1 in 5m" };
  await ask("POST", `/api/alerts/rules?project_id=${project.id}`, theirs);
  await visit.go("/alerts");
  await page.locator("tr", { hasText: "Of the second" }).getByText("Second", { exact: true }).waitFor();
  await page.locator("tr", { hasText: "Any error" }).getByText("Default", { exact: true }).waitFor();
  await visit.go(`/alerts?project=${project.id}`);
  await page.getByText("Of the second").waitFor();
  assert.equal(await page.locator("tr", { hasText: "Any error" }).count(), 0);
  // The condition that was none is the only complaint.
  visit.problems = visit.problems.splice(0).filter((problem) => !/status of 400/.test(problem));
});
