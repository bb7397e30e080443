// The request during which it happened, and how to make it again.

import { h } from "../ui/h.js";
import { copy } from "../ui/button.js";
import { json } from "../ui/json.js";
import { facts } from "../ui/table.js";

/** The request; null where there was none. */
export function request(event) {
  const asked = event.request;
  if (!asked?.url && !asked?.method) return null;
  const query = asked.query_string;
  return h(
    "section",
    { class: "card" },
    h(
      "header",
      { class: "card-head" },
      h("h2", {}, "Request"),
      copy("Copy as curl", () => curl(asked)),
    ),
    h("p", { class: "request-line" }, h("strong", {}, asked.method ?? "GET"), " ", h("code", {}, asked.url)),
    facts([
      ["Query", query && (typeof query === "object" ? json(query) : h("code", {}, query))],
      ["Headers", asked.headers && json(asked.headers)],
      ["Cookies", asked.cookies && json(asked.cookies)],
      [
        "Body",
        asked.data &&
          (typeof asked.data === "object"
            ? json(asked.data)
            : h("pre", { tabindex: "0" }, String(asked.data))),
      ],
      ["Server", asked.env && json(asked.env)],
    ]),
  );
}

/** The request as a command of a shell. */
export function curl(asked) {
  const parts = ["curl", "-X", asked.method ?? "GET", quoted(withQuery(asked))];
  for (const [name, value] of pairs(asked.headers)) parts.push("-H", quoted(`${name}: ${value}`));
  if (asked.data !== null && asked.data !== undefined) {
    parts.push(
      "--data-raw",
      quoted(typeof asked.data === "object" ? JSON.stringify(asked.data) : String(asked.data)),
    );
  }
  return parts.join(" ");
}

function withQuery(asked) {
  const url = asked.url ?? "";
  const query = asked.query_string;
  if (!query || url.includes("?")) return url;
  const text =
    typeof query === "object"
      ? new URLSearchParams(pairs(query)).toString()
      : String(query).replace(/^\?/, "");
  return `${url}?${text}`;
}

/** SDKs send headers and queries as objects or as lists of pairs. */
function pairs(given) {
  const list = Array.isArray(given) ? given : Object.entries(given ?? {});
  return list.filter(Array.isArray).map(([name, value]) => [String(name), String(value)]);
}

/** Within single quotes a shell reads nothing but the end of them. */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
