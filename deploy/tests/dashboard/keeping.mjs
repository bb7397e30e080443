// Whatever happens meanwhile: who stands on something goes on standing on it, what is written stays, what
// is shown once is not lost to a click, and what was done can be taken back as it was.

import assert from "node:assert/strict";
import { ask, event, listed, play, report } from "./browser.mjs";

const fact = (page, name) => page.locator(`.facts dt:text-is("${name}") + dd`).first();
const eventually = async (read, expected) => {
  for (let tries = 0; ; tries += 1) {
    const found = await read();
    if (found === expected) return;
    assert.ok(tries < 200, `${found} is not ${expected}`);
    await new Promise((resume) => setTimeout(resume, 50));
  }
};
const stands = (page) => page.evaluate(() => document.activeElement.dataset.at ?? null);

await report(event());
const error = await listed("the cart is empty");
const path = `/api/errors/${error.id}`;

await play(async (visit) => {
  const { page } = visit;
  await visit.logIn();
  await visit.go(`/errors/${error.id}`);
  await page.locator('.live-dot[data-state="live"]').waitFor();
  const assign = page.getByRole("button", { name: "Assign…" });
  await assign.focus();

  // Numbers, state, what can be done and the history follow, and the focus stays.
  await report(event());
  await fact(page, "Events").getByText("2", { exact: true }).waitFor();
  assert.equal(await stands(page), "assign");
  await ask("PUT", `${path}/resolve`);
  await page.getByRole("button", { name: "Reopen" }).waitFor();
  await page.locator(".activity li", { hasText: "resolved it" }).waitFor();
  await fact(page, "Resolved").waitFor();
  assert.equal(await stands(page), "assign");

  // The button that changes its name under the focus keeps it.
  await page.getByRole("button", { name: "Reopen" }).press("Enter");
  await page.getByRole("button", { name: /^Resolve/ }).waitFor();
  assert.equal(await stands(page), "settle");

  // A press that ends beside the window closes nothing, and a click does not where something is written.
  await assign.click();
  const name = page.getByLabel("Name or address");
  const box = await name.boundingBox();
  await page.mouse.move(box.x + 20, box.y + 8);
  await page.mouse.down();
  await page.mouse.move(5, 5);
  await page.mouse.up();
  await name.fill("Ann");
  await page.mouse.click(5, 5);
  assert.equal(await name.inputValue(), "Ann");
  await page.getByRole("button", { name: "Assign", exact: true }).click();
  await page.getByRole("button", { name: "Assigned: Ann" }).waitFor();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await stands(page), "assign");
  await page.keyboard.press("u");
  await assign.waitFor();
  await eventually(async () => (await ask("GET", path)).assigned_to, null);
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.mouse.click(5, 5);
  await page.getByRole("dialog").waitFor({ state: "detached" });

  // Ignored for five events, reopened, and ignored for five again.
  await page.keyboard.press("i");
  await page.getByLabel("Or until so many events more").fill("5");
  await page.getByRole("button", { name: "Ignore", exact: true }).click();
  await page.getByRole("button", { name: "Stop ignoring" }).click();
  await page.getByRole("button", { name: /^Ignore…/ }).waitFor();
  await page.keyboard.press("u");
  await page.getByRole("button", { name: "Stop ignoring" }).waitFor();
  const { activity } = await ask("GET", `${path}/activity?limit=3`);
  assert.deepEqual(activity.map((entry) => entry.kind), ["ignored", "unresolved", "ignored"]);
  assert.equal(activity[0].details.events, 5);
});

// The row that the reader is at stays theirs when the list is read anew.
for (const value of ["one", "two"]) {
  await report(event({ exception: { values: [{ ...event().exception.values[0], type: `Row${value}` }] } }));
  await listed(`Row${value}`);
}
await play(async (visit) => {
  const { page } = visit;
  await visit.logIn();
  await page.locator(".row-title").nth(1).waitFor();
  const row = page.getByRole("link", { name: /Rowone/ });
  await row.focus();
  const read = page.waitForResponse((response) => new URL(response.url()).pathname === "/api/errors");
  await page.keyboard.press("r");
  await read;
  await page.locator(".rows:not(.stale)").waitFor();
  assert.ok(await row.evaluate((node) => node === document.activeElement));

  // Arrivals that the filter can't match are not announced, others are.
  await page.getByLabel("Filter").fill("level:fatal");
  await page.keyboard.press("Enter");
  await page.getByText("No errors match.").waitFor();
  const arriving = (type, level) =>
    report(event({ level, exception: { values: [{ ...event().exception.values[0], type }] } }));
  await arriving("Quiet", "warning");
  await listed("Quiet");
  await arriving("Loud", "fatal");
  await page.getByRole("button", { name: "1 new error – show" }).waitFor();
});

// What is written about an incident stays, and only that is sent.
const incident = await ask("POST", "/api/alerts/incidents", { title: "The shop is slow" });
const its = `/api/alerts/incidents/${incident.id}`;
await play(async (visit) => {
  const { page } = visit;
  await visit.logIn();
  await visit.go(`/incidents/${incident.id}`);
  await page.locator('.live-dot[data-state="live"]').waitFor();
  await page.getByLabel("What is known").fill("A disk is full");
  await page.getByLabel("Status").focus();
  await ask("PUT", its, { status: "identified" });
  await page.locator(".page-head .badge", { hasText: "identified" }).waitFor();
  assert.equal(await page.getByLabel("Status").inputValue(), "identified");
  assert.equal(await page.getByLabel("What is known").inputValue(), "A disk is full");
  await ask("PUT", its, { severity: "high" });
  const sent = page.waitForRequest((request) => request.method() === "PUT");
  await page.getByRole("button", { name: "Save" }).click();
  assert.deepEqual((await sent).postDataJSON(), { description: "A disk is full" });
  await page.locator(".pre-line", { hasText: "A disk is full" }).waitFor();
  const { severity, status, description } = await ask("GET", its);
  assert.deepEqual([severity, status, description], ["high", "identified", "A disk is full"]);
  await page.getByRole("button", { name: "Undo" }).click();
  await eventually(async () => (await ask("GET", its)).description, null);

  // A key is shown once, and a click beside it does not take it away.
  await visit.go("/settings/keys");
  await page.getByRole("button", { name: "New key…" }).click();
  await page.getByLabel("What it is for").fill("a test");
  await page.getByLabel("read: read").check();
  await page.getByRole("button", { name: "Make it" }).click();
  await page.locator("dialog .secret").waitFor();
  await page.mouse.click(5, 5);
  await page.locator("dialog .secret").waitFor();
  await page.keyboard.press("Escape");

  // Who logs out by one window is out in all of them.
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("API key").waitFor();
});

// A key that may read nothing is refused at the door.
const { api_key: key } = await ask("POST", "/api/settings/api-keys", { name: "in", permissions: ["ingest"] });
await play(async (visit) => {
  const { page } = visit;
  await visit.go("/login");
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("lacks the permission `read`").waitFor();
  visit.problems = visit.problems.splice(0).filter((problem) => !/status of 403/.test(problem));
});
