// Every page loads without a complaint, in light, dark and on a phone, is accessible, and small.

import assert from "node:assert/strict";
import axe from "axe-core";
import { ask, event, listed, play, report } from "./browser.mjs";

/** The page, and what must stand there. */
const PAGES = [
  ["/errors", "the cart is empty"],
  ["/overview", "events in 24 hours"],
  ["/overview?period=year", "last 12 months"],
  ["/releases", "shop@1.2.0"],
  ["/alerts", "Many errors"],
  ["/alerts?show=firings", "Many errors"],
  ["/alerts?show=deliveries", "Nothing was told yet."],
  ["/alerts/new", "It would have fired"],
  ["/incidents", "The shop is slow"],
  ["/monitoring", "Message Queue"],
  ["/projects", "Default"],
  ["/projects/1", "What would be stored"],
  ["/settings/keys", "Development"],
  ["/settings/team", "Nobody yet."],
  ["/settings/integrations", "Webhook"],
  ["/settings/audit", "When"],
];

const LOOKS = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["phone", { viewport: { width: 360, height: 740 }, colorScheme: "light" }],
];

const MAX_BYTES = 100 * 1024;
const MAX_REQUESTS = 50;

await report(event());
const error = await listed("the cart is empty");
await ask("POST", "/api/alerts/rules", { name: "Many errors", condition: "error_count >= 1 in 1h" });
const incident = await ask("POST", "/api/alerts/incidents", { title: "The shop is slow" });
const pages = [
  ...PAGES,
  [`/errors/${error.id}`, "raise ValueError"],
  [`/incidents/${incident.id}`, "Timeline"],
];

const found = [];
for (const [look, settings] of LOOKS) {
  await play(async (visit) => {
    await visit.logIn();
    for (const [path, text] of pages) {
      await visit.go(path);
      await visit.page.locator("main", { hasText: text }).waitFor();
      await visit.page.locator("main:not(:has(.loading))").waitFor();
      const width = await visit.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (width > 0) found.push(`${look} ${path} is ${width} pixels too wide`);
      found.push(...(await faults(visit.page)).map((fault) => `${look} ${path} ${fault}`));
      if (process.env.SHOTS)
        await visit.page.screenshot({
          path: `${process.env.SHOTS}/${look}${path.replaceAll(/[/?=]/g, "_")}.png`,
        });
    }
  }, settings);
}

assert.deepEqual(found, []);
await play(firstView);

/** What axe-core finds serious or worse. */
async function faults(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ["violations"] }),
  );
  const bad = violations.filter((violation) => ["serious", "critical"].includes(violation.impact));
  return bad.map(
    (violation) =>
      `${violation.id}: ${violation.nodes
        .map((node) => node.html)
        .slice(0, 3)
        .join(" ")}`,
  );
}

/** What a browser that has nothing yet gets before it shows the list of errors. */
async function firstView(visit) {
  await visit.logIn();
  const { page } = visit;
  const network = await page.context().newCDPSession(page);
  await network.send("Network.enable");
  await network.send("Network.setCacheDisabled", { cacheDisabled: true });
  const sizes = [];
  network.on("Network.loadingFinished", ({ encodedDataLength }) => sizes.push(encodedDataLength));
  await visit.go("/errors");
  await page.locator(".row-title").first().waitFor();
  const interactive = await page.evaluate(() => Math.round(performance.now()));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  assert.ok(bytes < MAX_BYTES, `${bytes} bytes`);
  assert.ok(sizes.length < MAX_REQUESTS, `${sizes.length} requests`);
  console.log(`first view: ${bytes} bytes in ${sizes.length} requests, rows after ${interactive} ms`);
}
