// Whatever an event, a rule or a member holds: it is shown as text, and nothing runs.

import assert from "node:assert/strict";
import { ask, listed, play, report } from "./browser.mjs";

/** Each in every field. What runs raises the mark. */
const CORPUS = [
  "<script>globalThis.ran = 1</script>",
  "<img src=x onerror='globalThis.ran = 1'>",
  "<svg onload=globalThis.ran=1>",
  "\"><iframe srcdoc='<script>parent.ran = 1</script>'></iframe>",
  "javascript:globalThis.ran=1//",
  "</title></textarea></script><script>globalThis.ran=1</script>",
  "'-globalThis.ran-'${globalThis.ran=1}{{constructor.constructor('globalThis.ran=1')()}}",
  "data:text/html,<script>opener.ran=1</script>",
];

const laden = (text, index) => ({
  event_id: crypto.randomUUID().replaceAll("-", ""),
  platform: text,
  level: "error",
  environment: `e${index}${text}`.replaceAll(/[\s/]/g, "_"),
  release: `r${index}${text}`.replaceAll(/[\s/\\]/g, "_"),
  server_name: text,
  transaction: text,
  logger: text,
  fingerprint: [`corpus ${index}`],
  user: { id: text, email: text, username: text, ip_address: "203.0.113.7" },
  tags: { [`t${index}`]: text.replaceAll("\n", " ").slice(0, 190) },
  extra: { [text]: { [text]: text } },
  contexts: { [text]: { name: text, link: text } },
  modules: { [text]: text },
  sdk: { name: text, version: text },
  request: {
    url: text,
    method: text,
    query_string: text,
    headers: { [text]: text },
    data: { [text]: text },
    env: { [text]: text },
  },
  breadcrumbs: {
    values: [
      { timestamp: 1, category: text, type: text, level: text, message: text, data: { [text]: text } },
      { message: text },
    ],
  },
  exception: {
    values: [
      { type: text, value: text },
      {
        type: `Corpus${index}`,
        value: text,
        module: text,
        mechanism: { type: text, handled: false, help_link: text },
        stacktrace: {
          frames: [
            {
              function: text,
              filename: text,
              abs_path: text,
              lineno: 1,
              in_app: true,
              context_line: text,
              pre_context: [text],
              post_context: [text],
              vars: { [text]: text },
            },
            { function: text, module: text, in_app: false },
          ],
        },
      },
    ],
  },
});

const links = [];
for (const [index, text] of CORPUS.entries()) {
  await report(laden(text, index));
  await ask("POST", "/api/errors", {
    message: text,
    source: text.slice(0, 60),
    level: "warning",
    stack_trace: text,
    url: text,
    context: { [text]: text },
    tags: { k: text.slice(0, 190) },
    user: { id: text },
  });
  await ask("POST", "/api/alerts/rules", { name: text, condition: "error_count >= 1 in 5m" });
  const incident = await ask("POST", "/api/alerts/incidents", {
    title: text,
    description: text,
    assigned_to: text.slice(0, 190),
  });
  links.push(`/incidents/${incident.id}`);
  await ask("POST", "/api/settings/api-keys", { name: text, permissions: ["read"] });
  await ask("POST", "/api/projects", { name: text.slice(0, 90) });
}
await ask("PUT", "/api/settings/integrations/slack", {
  webhook_url: "https://hooks.slack.example/x",
  channel: CORPUS[1],
});
for (const index of CORPUS.keys()) await listed(`Corpus${index}`);
const { errors } = await ask("GET", "/api/errors?limit=100");
for (const error of errors) {
  await ask("PUT", `/api/errors/${error.id}/assign`, { assigned_to: CORPUS[0] });
  links.push(`/errors/${error.id}`);
}
const pages = [
  "/errors",
  "/overview",
  "/releases",
  "/alerts",
  "/alerts?show=firings",
  "/incidents?show=all",
  "/monitoring",
  "/projects",
  "/projects/2",
  "/settings/keys",
  "/settings/integrations",
  "/settings/audit",
  ...links,
  ...CORPUS.map((text) => `/errors?q=${encodeURIComponent(text)}`),
  ...CORPUS.map((text) => `/errors/${encodeURIComponent(text)}`),
  ...CORPUS.map((text) => `/login?next=${encodeURIComponent(text)}`),
];

await play(async (visit) => {
  const { page, problems } = visit;
  await visit.logIn();
  for (const path of pages) {
    await visit.go(path);
    await page.locator("main:not(:has(.loading))").waitFor();
    for (const summary of await page.locator("main details:not([open]) > summary").all()) {
      if (await summary.isVisible()) await summary.click();
    }
    const found = await page.evaluate(() => ({
      ran: globalThis.ran,
      foreign: document.querySelectorAll("main :is(script, img, iframe, object, embed, style, link, base)")
        .length,
      handlers: [...document.querySelectorAll("main *")].filter((node) =>
        node.getAttributeNames().some((name) => name.startsWith("on")),
      ).length,
      links: [...document.querySelectorAll("main a[href]")]
        .map((link) => link.protocol)
        .filter((protocol) => !/^(https?|mailto):$/.test(protocol)),
    }));
    assert.deepEqual(found, { ran: undefined, foreign: 0, handlers: 0, links: [] }, path);
  }
  // An id that is none is refused by the API, which browsers note.
  visit.problems = problems.splice(0).filter((problem) => !/status of 40[04]/.test(problem));
});
