// From the list to the stack in one click, resolved by the second; by keys, too; taken back; and what
// arrives meanwhile moves nothing.

import assert from "node:assert/strict";
import { ask, event, listed, play, report } from "./browser.mjs";

const failing = (value) =>
  event({
    exception: { values: [{ ...event().exception.values[0], type: value.replaceAll(" ", ""), value }] },
  });
const state = async (id, wanted) => {
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await ask("GET", `/api/errors/${id}`)).status === wanted) return;
    await new Promise((resume) => setTimeout(resume, 50));
  }
  assert.fail(`${id} is not ${wanted}`);
};

const rule = {
  name: "An error is loud",
  condition: "error_count >= 1 in 5m per error",
  create_incident: true,
};
await ask("POST", "/api/alerts/rules", rule);
const overall = { name: "Errors are many", condition: "error_count > 2 in 5m where level = error", create_incident: true };
await ask("POST", "/api/alerts/rules", overall);
for (const value of ["Cart Is Empty", "Price Is Missing", "Stock Is Gone"]) await report(failing(value));
const error = await listed("Cart Is Empty");
await listed("Price Is Missing");
await listed("Stock Is Gone");

await play(async (visit) => {
  const { page } = visit;
  await visit.logIn();
  await visit.click(page.getByRole("link", { name: /Cart Is Empty/ }));
  await page.locator(".source-here", { hasText: "raise ValueError" }).waitFor();
  assert.equal(visit.clicks, 1, "clicks from the list to the line that failed");
  await visit.click(page.getByRole("button", { name: /^Resolve/ }));
  await state(error.id, "resolved");
  assert.equal(visit.clicks, 2);

  // The request can be made again by a shell, whatever its quotes.
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy as curl" }).click();
  await page.getByText("Copied").waitFor();
  assert.equal(
    await page.evaluate(() => navigator.clipboard.readText()),
    `curl -X POST 'https://shop.example/pay?coupon=spring' -H 'Accept: it'\\''s all the same' --data-raw '{"sku":"desk"}'`,
  );

  // The last change is taken back by a key.
  await page.keyboard.press("u");
  await state(error.id, "unresolved");
  await page.getByRole("button", { name: /^Resolve/ }).waitFor();
});

// From an alert's incident to the line that failed in two clicks, and by the third it is settled.
await play(async (visit) => {
  const { page } = visit;
  await visit.logIn();
  await visit.go("/incidents");
  await visit.click(page.getByRole("link", { name: /An error is loud/ }).first());
  await visit.click(page.getByRole("link", { name: "the error" }).first());
  await page.locator(".source-here", { hasText: "raise ValueError" }).waitFor();
  assert.equal(visit.clicks, 2, "clicks from the alert to the stack");
  await page.locator(".facts", { hasText: "Release" }).getByText("shop@1.2.0").first().waitFor();
  await page.locator(".share", { hasText: "release" }).getByText("shop@1.2.0").waitFor();
  const id = new URL(page.url()).pathname.split("/").at(-1);
  await visit.click(page.getByRole("button", { name: /^Resolve/ }));
  await state(id, "resolved");
  await page.locator(".activity li", { hasText: "It was seen first" }).waitFor();
  await visit.click(page.getByRole("button", { name: "Reopen" }));
  await state(id, "unresolved");
});

// A rule over all errors leads to those that it counted, the most frequent first, and on to the stack.
await play(async (visit) => {
  const { page } = visit;
  await visit.logIn();
  await visit.go("/incidents");
  await visit.click(page.getByRole("link", { name: /Errors are many/ }).first());
  await visit.click(page.getByRole("link", { name: "the errors" }).first());
  await page.locator(".list-said", { hasText: /^3 errors$/ }).waitFor();
  await visit.click(page.locator(".row-title").first());
  await page.locator(".source-here", { hasText: "raise ValueError" }).waitFor();
  assert.equal(visit.clicks, 3, "clicks from the alert to the stack");
});

await play(async (visit) => {
  const { page } = visit;
  await visit.logIn();
  await page.locator(".row-title").nth(2).waitFor();
  await page.locator('.live-dot[data-state="live"]').waitFor();
  const titles = () => page.locator(".row-title").allTextContents();
  const before = await titles();

  // What arrives is announced, and the rows stay where they are.
  await report(failing("Bank Is Closed"));
  await page.getByRole("button", { name: "1 new error – show" }).waitFor();
  assert.deepEqual(await titles(), before);
  await page.keyboard.press("r");
  await page.getByRole("link", { name: /Bank Is Closed/ }).waitFor();

  // Two are picked and settled by keys alone.
  for (const key of ["j", "x", "j", "x"]) await page.keyboard.press(key);
  await page.getByText("2 selected").waitFor();
  await page.keyboard.press("e");
  await page.locator('.row[data-status="resolved"]').nth(1).waitFor();
  await page.keyboard.press("u");
  await page.locator('.row[data-status="unresolved"]').nth(3).waitFor();

  // The filter is text, and a link shows the same.
  await page.keyboard.press("/");
  await page.keyboard.type('is:unresolved "stock is"');
  await page.keyboard.press("Enter");
  await page.locator(".list-said", { hasText: /^1 error$/ }).waitFor();
  await page.reload();
  await page.locator(".list-said", { hasText: /^1 error$/ }).waitFor();
  await page.getByLabel("Filter").fill("nonsense:1");
  await page.keyboard.press("Enter");
  await page.getByText("nonsense: is not known").waitFor();
  await page.locator("h1").evaluate(() => document.activeElement.blur());
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
});
