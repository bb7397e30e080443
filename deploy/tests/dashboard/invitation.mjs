// An administrator invites a viewer, who joins by the link alone, can read, and can change nothing.

import assert from "node:assert/strict";
import { event, listed, play, report, visitor } from "./browser.mjs";

await report(event());
await listed("the cart is empty");

await play(async (admin, browser) => {
  await admin.logIn();
  await admin.go("/settings/team");
  await admin.click(admin.page.getByRole("button", { name: "Invite…" }));
  await admin.page.getByLabel("Address").fill("ann@shop.example");
  await admin.click(admin.page.getByRole("button", { name: "Invite", exact: true }));
  assert.equal(admin.clicks, 2, "clicks from the team to an invitation");
  const link = await admin.page.locator("dialog code", { hasText: "/invite#token=" }).textContent();

  const ann = await visitor(browser);
  await ann.go(link.slice(link.indexOf("/invite")));
  await ann.page.getByLabel("Your name").fill("Ann");
  await ann.click(ann.page.getByRole("button", { name: "Join" }));
  await ann.page.getByText("It is shown this once").waitFor();
  await ann.click(ann.page.getByRole("button", { name: "Go to the errors" }));
  await ann.click(ann.page.getByRole("link", { name: /the cart is empty/ }));
  await ann.page.locator(".source-here").first().waitFor();
  assert.equal(ann.clicks, 3, "clicks from the invitation to the line that failed");
  assert.equal(await ann.page.getByRole("button", { name: /^Resolve/ }).count(), 0);
  assert.equal(await ann.page.getByRole("link", { name: "Settings" }).count(), 0);
  await ann.go("/alerts/new");
  await ann.page.getByText("You can read rules, and make none.").waitFor();
  await ann.page.goBack();
  await ann.page.locator(".source-here").first().waitFor();
  const refused = await ann.page.evaluate(async () => {
    const id = location.pathname.split("/").at(-1);
    const response = await fetch(`/api/errors/${id}/resolve`, {
      method: "PUT",
      headers: { "X-Requested-With": "x" },
    });
    return response.status;
  });
  assert.equal(refused, 403);
  await ann.page.getByRole("button", { name: "Log out" }).click();
  await ann.page.getByLabel("API key").waitFor();
  await ann.go("/errors");
  await ann.page.getByLabel("API key").waitFor();
  // The change that was refused is the only complaint.
  assert.deepEqual(
    ann.problems.filter((problem) => !/status of 403/.test(problem)),
    [],
  );
});
