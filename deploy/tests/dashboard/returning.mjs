// Coming back: to the same place of a long list, to the filter before, and to a page that could not be
// loaded while the connection was away.

import assert from "node:assert/strict";
import { KEY, ORIGIN, ask, play } from "./browser.mjs";

const ERRORS = 300;
const word = (number) =>
  [...String(number).padStart(3, "0")].map((digit) => "abcdefghij"[Number(digit)]).join("");

const response = await fetch(`${ORIGIN}/api/errors/batch`, {
  method: "POST",
  headers: { "X-API-Key": KEY, "Content-Type": "application/json" },
  body: JSON.stringify(
    Array.from({ length: ERRORS }, (_, index) => ({
      message: `cannot load the ${word(index)} store`,
      level: index % 3 === 0 ? "fatal" : "error",
      source: "shop",
    })),
  ),
});
assert.equal((await response.json()).data.accepted, ERRORS);
for (let tries = 0; (await ask("GET", "/api/errors?limit=1")).total < ERRORS; tries += 1) {
  assert.ok(tries < 400, "not all are listed");
  await new Promise((resume) => setTimeout(resume, 50));
}

await play(async (visit) => {
  const { page } = visit;
  const said = (text) => page.locator(".list-said", { hasText: text }).waitFor();
  const top = () => page.evaluate(() => Math.round(window.scrollY));
  await visit.logIn();
  await said(/^300 errors$/);

  // Far down the list, an error is opened and left again: the list stands where it stood.
  const row = page.locator(".row-title").nth(120);
  while ((await row.count()) === 0) await page.locator(".row-title").last().scrollIntoViewIfNeeded();
  await row.scrollIntoViewIfNeeded();
  const [before, address] = [await top(), await row.getAttribute("href")];
  assert.ok(before > 1_800, `${before} px down the list`);
  await row.click();
  await page.locator(".error-title").waitFor();
  await page.goBack();
  const link = page.locator(`.row-title[href="${address}"]`);
  await link.waitFor();
  await page.waitForFunction((path) => document.activeElement.getAttribute("href") === path, address);
  await page.waitForFunction((expected) => Math.abs(window.scrollY - expected) < 40, before);

  // Levels add up, and each filter is taken back by going back.
  const chip = (name) => page.locator(".chips").getByRole("button", { name, exact: true });
  await chip("fatal").click();
  await said(/^100 errors$/);
  await chip("error").click();
  await said(/^300 errors$/);
  assert.equal(await page.getByLabel("Filter").inputValue(), "is:unresolved level:fatal level:error");
  await page.goBack();
  await said(/^100 errors$/);
  await page.goBack();
  await said(/^300 errors$/);
  assert.equal(new URL(page.url()).searchParams.get("q"), null);

  // A page that could not be fetched says so, and comes by itself once the connection is back.
  await page.context().setOffline(true);
  await page.getByRole("link", { name: "Incidents" }).click();
  await page.getByText("This page could not be loaded").waitFor();
  await page.context().setOffline(false);
  await page.getByRole("heading", { name: "Incidents" }).waitFor();
  visit.problems = visit.problems.splice(0).filter((problem) => !/ERR_INTERNET_DISCONNECTED/.test(problem));
});
