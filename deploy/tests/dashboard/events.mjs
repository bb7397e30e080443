// The events of an error one after the other, beyond the newest hundred, from any that a link names, and
// from one that belongs to another error by now.

import assert from "node:assert/strict";
import { ask, listed, play } from "./browser.mjs";

const EVENTS = 150;
const SECOND = 1_000;

const start = Date.now() - 3_600 * SECOND;
const items = Array.from({ length: EVENTS }, (_, index) => ({
  message: "the till is stuck",
  source: "shop",
  timestamp: new Date(start - index * SECOND).toISOString(),
}));
await ask("POST", "/api/errors/batch", items);
await ask("POST", "/api/errors", { message: "the door is open", source: "shop" });
const [error, other] = [await listed("the till is stuck"), await listed("the door is open")];
for (let tries = 0; (await ask("GET", `/api/errors/${error.id}`)).count < EVENTS; tries += 1) {
  assert.ok(tries < 400, "the events are stored");
  await new Promise((resume) => setTimeout(resume, 50));
}

/** The ids of all, newest first. */
const ids = [];
for (let cursor = ""; cursor !== null; ) {
  const page = await ask("GET", `/api/errors/${error.id}/events?limit=100${cursor && `&cursor=${cursor}`}`);
  ids.push(...page.events.map((event) => event.event_id));
  cursor = page.next_cursor;
}
assert.equal(ids.length, EVENTS);

await play(async (visit) => {
  const { page } = visit;
  const at = (index) => page.waitForURL((url) => url.searchParams.get("event") === ids[index]);
  const place = (number) => page.locator(".steps", { hasText: `${number} of 150, newest first` }).waitFor();
  await visit.logIn();

  // The last of the newest hundred, and the one before it in time.
  await visit.go(`/errors/${error.id}?event=${ids[99]}`);
  await place(100);
  await page.getByRole("button", { name: "Older" }).click();
  await at(100);
  await place(101);
  await page.keyboard.press("k");
  await at(99);

  // From one far back to the end, and to the newest.
  await visit.go(`/errors/${error.id}?event=${ids[148]}`);
  await page.getByRole("button", { name: "Older" }).click();
  await at(149);
  await page.locator('.steps button[aria-disabled="true"]', { hasText: "Older" }).waitFor();
  await page.keyboard.press("k");
  await at(148);
  await page.getByRole("button", { name: "Newest" }).click();
  await page.waitForURL((url) => !url.searchParams.has("event"));
  await place(1);

  // An event leads to its error, and one that there is not takes nothing else away.
  await visit.go(`/errors/${other.id}?event=${ids[3]}`);
  await page.waitForURL((url) => url.pathname === `/errors/${error.id}`);
  await at(3);
  await place(4);
  await visit.go(`/errors/${other.id}?event=${crypto.randomUUID()}`);
  await page.locator(".event .state-failed").waitFor();
  await page.getByRole("heading", { name: "the door is open" }).waitFor();
  await page.getByRole("button", { name: "Newest" }).click();
  await page.getByText("As it is stored").waitFor();
  visit.problems = visit.problems.splice(0).filter((problem) => !/status of 404/.test(problem));
});
