// A browser that plays a story on the dashboard, and notes whatever goes wrong on the way: what a page
// complains of, what its policy refuses, and dialogs that nobody asked for.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

/** Where the system is, and the key of its administrator. */
export const ORIGIN = process.env.ERRATA_URL;
export const KEY = process.env.ERRATA_KEY;

/** No wait of a story is longer. */
const PATIENCE = 20_000;

/** Runs a story in a browser of its own; it fails with whatever was noted. */
export async function play(story, settings = {}) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
  try {
    const visit = await visitor(browser, settings);
    await story(visit, browser);
    assert.deepEqual(visit.problems, []);
  } finally {
    await browser.close();
  }
}

/** Somebody with a browser window, who is not logged in. */
export async function visitor(browser, settings = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...settings });
  context.setDefaultTimeout(PATIENCE);
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) =>
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  const visit = { page, problems, clicks: 0 };
  visit.go = (path) => page.goto(ORIGIN + path);
  visit.click = async (target) => {
    visit.clicks += 1;
    await (typeof target === "string" ? page.locator(target) : target).click();
  };
  visit.logIn = (key = KEY) => logIn(page, key);
  return visit;
}

async function logIn(page, key) {
  await page.goto(`${ORIGIN}/login`);
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.waitForURL(/\/errors/);
}

/** Asks the API past the browser. */
export async function ask(method, path, body, key = KEY) {
  const response = await fetch(ORIGIN + path, {
    method,
    headers: { "X-API-Key": key, "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  assert.ok(response.ok, `${method} ${path}: ${response.status}`);
  return response.status === 204 ? null : (await response.json()).data;
}

/** Waits until an error can be listed, and answers it. */
export async function listed(title) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const { errors } = await ask("GET", `/api/errors?q=${encodeURIComponent(title)}`);
    if (errors.length > 0) return errors[0];
    assert.ok(Date.now() < deadline, `${title} is not listed`);
    await new Promise((resume) => setTimeout(resume, 50));
  }
}

/** An event as an SDK in Python would send one. */
export function event(fields = {}) {
  return {
    event_id: crypto.randomUUID().replaceAll("-", ""),
    platform: "python",
    level: "error",
    environment: "production",
    release: "shop@1.2.0",
    request: {
      url: "https://shop.example/pay",
      method: "POST",
      query_string: "coupon=spring",
      headers: { Accept: "it's all the same" },
      data: { sku: "desk" },
    },
    breadcrumbs: { values: [{ timestamp: Date.now() / 1000, category: "ui.click", message: "button#pay" }] },
    exception: {
      values: [
        {
          type: "ValueError",
          value: "the cart is empty",
          mechanism: { type: "generic", handled: false },
          stacktrace: {
            frames: [
              {
                function: "run",
                filename: "asyncio/base.py",
                lineno: 12,
                in_app: false,
                context_line: "    handle()",
              },
              {
                function: "pay",
                module: "shop.cart",
                filename: "shop/cart.py",
                lineno: 7,
                in_app: true,
                pre_context: ["def pay(cart):"],
                context_line: "    raise ValueError('the cart is empty')",
                post_context: [""],
                vars: { cart: "[]" },
              },
            ],
          },
        },
      ],
    },
    ...fields,
  };
}

/** Reports an event by the DSN, as SDKs do. */
export async function report(sent) {
  const { projects } = await ask("GET", "/api/projects");
  const key = new URL(projects[0].dsn).username;
  const response = await fetch(`${ORIGIN}/api/${projects[0].id}/store/?sentry_key=${key}&sentry_version=7`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(sent),
  });
  assert.equal(response.status, 200);
}
