// A list of ten thousand errors: it grows while one scrolls, and what has been seen stays.

import assert from "node:assert/strict";
import { KEY, ORIGIN, ask, play } from "./browser.mjs";

const ERRORS = 10_000;
const BATCH = 1_000;

/** Numbers in letters: digits would be taken out, and all of it be one error. */
const word = (number) =>
  [...String(number).padStart(5, "0")].map((digit) => "abcdefghij"[Number(digit)]).join("");

for (let first = 0; first < ERRORS; first += BATCH) {
  const items = Array.from({ length: BATCH }, (_, index) => ({
    message: `cannot load the ${word(first + index)} store`,
    source: "shop",
  }));
  const response = await fetch(`${ORIGIN}/api/errors/batch`, {
    method: "POST",
    headers: { "X-API-Key": KEY, "Content-Type": "application/json" },
    body: JSON.stringify(items),
  });
  assert.equal((await response.json()).data.accepted, BATCH);
}
for (let tries = 0; ; tries += 1) {
  const { total } = await ask("GET", "/api/errors?limit=1");
  if (total === ERRORS) break;
  assert.ok(tries < 400, `${total} errors`);
  await new Promise((resume) => setTimeout(resume, 50));
}

await play(async (visit) => {
  const { page } = visit;
  // Looking for a text in all of ten thousand rows, again and again, would leave the page no time.
  const said = (text) => page.locator(".list-said", { hasText: text }).waitFor();
  await visit.logIn();
  await said(/^10,000 errors$/);
  const first = await page.locator(".row-title").first().textContent();
  // As somebody does who holds the key: to the end of what is there, again and again.
  const rows = await page.evaluate(async (wanted) => {
    const list = document.querySelector(".rows");
    const grown = () =>
      new Promise((resume) => new MutationObserver((_, watcher) => (watcher.disconnect(), resume())).observe(list, { childList: true }));
    const rows = list.getElementsByClassName("row");
    while (rows.length < wanted) {
      const growing = grown();
      window.scrollTo(0, document.documentElement.scrollHeight);
      await growing;
    }
    return rows.length;
  }, ERRORS);
  assert.equal(rows, ERRORS);
  assert.equal(await page.locator(".row-title").first().textContent(), first);
  await page.locator(".row-title").last().scrollIntoViewIfNeeded();
  // Far below, rows are drawn and can be settled.
  await page.locator(".row .row-box input").last().click();
  await said("1 selected");

  // All of them are settled in pieces, and a way back that fails can be tried again.
  await page.getByLabel("Select all that are shown").click();
  await said("10,000 selected");
  await page.locator(".list-acts").getByRole("button", { name: /^Resolve/ }).click();
  const settled = page.locator(".toast", { hasText: "Resolved 10,000 errors" });
  await settled.waitFor();
  await page.route("**/api/errors", (route) => route.abort(), { times: 1 });
  await settled.getByRole("button", { name: "Undo" }).click();
  await page.locator(".toast-bad").waitFor();
  assert.equal((await ask("GET", "/api/errors?limit=1&status=resolved")).total, ERRORS);
  await settled.getByRole("button", { name: "Undo" }).click();
  await page.locator(".toast", { hasText: "Took it back for 10,000 errors" }).waitFor();
  assert.equal((await ask("GET", "/api/errors?limit=1&status=resolved")).total, 0);

  // More than one error can hold is refused before anything is asked.
  await page.getByLabel("Select all that are shown").click();
  await said("10,000 selected");
  const asked = [];
  page.on("request", (request) => request.url().includes("/grouping") && asked.push(request.url()));
  await page.getByRole("button", { name: /^Merge/ }).click();
  await page.locator(".toast", { hasText: "One error holds at most 100 fingerprints" }).waitFor();
  assert.deepEqual(asked, []);

  const frames = await page.evaluate(
    () =>
      new Promise((resume) => {
        const times = [];
        const step = (time) => {
          times.push(time);
          window.scrollBy(0, -400);
          if (times.length < 120) requestAnimationFrame(step);
          else resume(times.slice(1).map((each, index) => each - times[index]));
        };
        requestAnimationFrame(step);
      }),
  );
  frames.sort((a, b) => a - b);
  // The request that was made to fail is the only complaint.
  visit.problems = visit.problems.splice(0).filter((problem) => !/ERR_FAILED/.test(problem));
  console.log(`10,000 rows: a frame of scrolling takes ${frames[59].toFixed(1)} ms, 95 % within ${frames[113].toFixed(1)} ms`);
});
