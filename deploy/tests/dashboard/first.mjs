// A newcomer's first error: the project's page has the DSN, and its button brings an error to read.

import { play } from "./browser.mjs";

await play(async (visit) => {
  const { page, problems } = visit;
  await visit.logIn();
  await page.getByText("No errors match.").waitFor();
  await visit.go("/projects/1");
  await page.locator(".dsn code", { hasText: /^http:\/\/[0-9a-f]{32}@/ }).waitFor();
  for (const name of ["Node.js", "Browser", "Rust", "curl"]) {
    await page.getByRole("button", { name, exact: true }).click();
    await page.locator(".snippet pre", { hasText: /[0-9a-f]{32}/ }).waitFor();
  }
  await page.getByRole("button", { name: "Send a test error" }).click();
  await page.getByText("It has arrived").waitFor();
  await page.locator('#step-trial[data-done="yes"]').waitFor();
  await page.locator('#step-arrived[data-done="yes"]').waitFor();
  await page
    .getByRole("status")
    .getByRole("link", { name: /TestError/ })
    .click();
  await page.locator(".frame-function", { hasText: "tryOut" }).first().waitFor();
  // It was asked for before it could be read.
  visit.problems = problems.splice(0).filter((problem) => !/status of 404/.test(problem));
});
