// A newcomer's first error, by what the README says alone: the project's page has the DSN, and its button
// brings an error to read.

import assert from "node:assert/strict";
import { play } from "./browser.mjs";

await play(async (visit) => {
  const { page, problems } = visit;
  await visit.logIn();
  await page.getByText("Nothing has been reported yet.").waitFor();
  await visit.click(page.getByRole("link", { name: "Connect a program" }));
  await visit.click(page.getByRole("link", { name: "Default", exact: true }));
  await page.locator(".dsn code", { hasText: /^http:\/\/[0-9a-f]{32}@/ }).waitFor();
  for (const name of ["Node.js", "Browser", "Rust", "curl"]) {
    await page.getByRole("button", { name, exact: true }).click();
    await page.locator(".snippet pre", { hasText: /[0-9a-f]{32}/ }).waitFor();
  }
  await visit.click(page.getByRole("button", { name: "Send a test error" }));
  await page.getByText("It has arrived").waitFor();
  await page.locator('#step-trial[data-done="yes"]').waitFor();
  await page.locator('#step-arrived[data-done="yes"]').waitFor();
  await visit.click(page.getByRole("status").getByRole("link", { name: /TestError/ }));
  await page.locator(".frame-function", { hasText: "tryOut" }).first().waitFor();
  assert.equal(visit.clicks, 4, "clicks from the login to the line that failed");
  const seconds = (Date.now() - Number(process.env.ERRATA_BEGAN)) / 1000;
  console.log(`first error: ${seconds.toFixed(1)} s after the services began to start, in ${visit.clicks} clicks`);
  // With errors there, a filter that finds none says so.
  await visit.go("/errors?q=nothing+of+the+kind");
  await page.getByText("No errors match.").waitFor();
  // It was asked for before it could be read.
  visit.problems = problems.splice(0).filter((problem) => !/status of 404/.test(problem));
});
