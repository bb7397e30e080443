// API keys: which there are, making one, changing what one may do, and revoking one.

import { get, post, put } from "../api.js";
import { names } from "../project/names.js";
import { isInstallation } from "../session.js";
import { h } from "../ui/h.js";
import { full } from "../ui/format.js";
import { ago, at } from "../ui/time.js";
import { plain } from "../ui/badge.js";
import { button } from "../ui/button.js";
import { field, form } from "../ui/dialog.js";
import { table } from "../ui/table.js";
import { heading, removal, reveal } from "./things.js";

const PERMISSIONS = [
  ["ingest", "submit errors"],
  ["read", "read"],
  ["write", "change errors, rules and incidents"],
  ["admin", "everything"],
];

/** Of which requests a key may have limits of its own. */
const LIMITS = [
  ["errors_per_minute", "submitted errors"],
  ["analytics_per_minute", "analytics"],
  ["general_per_minute", "other requests"],
];
const MOST_REQUESTS = "10000000";

const PATH = "/api/settings/api-keys";
const NEW = { name: "", permissions: [], expires_at: null, allowed_origins: [], rate_limits: {} };

export default async function keys(view, reload) {
  const { api_keys: all } = await get(PATH, {}, view.signal);
  const known = isInstallation() ? await names(view.signal) : null;
  return [
    heading("API keys", "New key…", () => make(known, reload)),
    table(columns(known ?? new Map(), reload), all, "API keys"),
  ];
}

function columns(known, reload) {
  const project = (id) => (id === null ? "all" : (known.get(id) ?? String(id)));
  return [
    { name: "Key", cell: (key) => [key.name, " ", h("code", { class: "quiet" }, key.key_preview)] },
    { name: "May", cell: (key) => key.permissions.map((name) => [plain(name), " "]) },
    { name: "Project", class: "narrow", cell: (key) => project(key.project_id) },
    { name: "Within", cell: bounds },
    { name: "Used", class: "narrow", cell: (key) => (key.last_used ? ago(key.last_used) : "never") },
    { name: "Expires", class: "narrow", cell: (key) => (key.expires_at ? at(key.expires_at) : "never") },
    {
      name: "",
      class: "narrow",
      cell: (key) =>
        h(
          "span",
          { class: "buttons" },
          button("Change…", async () => change(key, reload)),
          removal(
            "Revoke",
            {
              title: `Revoke ${key.name}?`,
              text: "Whatever uses it is refused within a second.",
              path: `${PATH}/${key.id}`,
            },
            reload,
          ),
        ),
    },
  ];
}

/** From which pages it may be used, and how much it may ask. */
function bounds({ allowed_origins: origins, rate_limits: limits }) {
  const own = LIMITS.filter(([name]) => limits[name] !== null);
  const said = [...origins, ...own.map(([name, of]) => `${full(limits[name])} ${of} a minute`)];
  return said.length > 0 ? h("ul", {}, said.map((text) => h("li", {}, text))) : "";
}

function make(known, reload) {
  const project =
    known &&
    field(
      "Project",
      h(
        "select",
        { name: "project" },
        h("option", { value: "" }, "All: the whole installation"),
        [...known].map(([id, name]) => h("option", { value: String(id) }, name)),
      ),
    );
  form("New API key", [fields(NEW), project], "Make it", async (data) => {
    const body = { ...read(data), project_id: Number(data.get("project")) || undefined };
    const made = await post(PATH, body);
    reveal("The new key", "It is shown this once.", made.api_key);
    await reload();
  });
}

function change(key, reload) {
  form(`Change ${key.name}`, fields(key), "Save", async (data) => {
    const body = read(data);
    // The day alone is shown: where it stays, so does the time.
    if (data.get("expires") === expiry(key)) delete body.expires_at;
    await put(`${PATH}/${key.id}`, body);
    await reload();
  });
}

function fields(key) {
  const limit = ([name, of]) =>
    field(
      `Of ${of}`,
      h("input", { name, type: "number", min: "1", max: MOST_REQUESTS, value: key.rate_limits[name] ?? "" }),
    );
  return [
    field("What it is for", h("input", { name: "name", required: true, maxlength: "200", value: key.name })),
    h(
      "fieldset",
      {},
      h("legend", {}, "It may"),
      PERMISSIONS.map(([name, meaning]) =>
        h(
          "label",
          { class: "check" },
          h("input", {
            type: "checkbox",
            name: "permission",
            value: name,
            checked: key.permissions.includes(name),
          }),
          `${name}: ${meaning}`,
        ),
      ),
    ),
    field(
      "Expires",
      h("input", { name: "expires", type: "date", value: expiry(key) }),
      "At the end of that day; empty: never",
    ),
    field(
      "Pages that may use it",
      h("textarea", {
        name: "origins",
        rows: "2",
        spellcheck: "false",
        class: "mono",
        value: key.allowed_origins.join("\n"),
        placeholder: "https://shop.example",
      }),
      "Origins, one a line; empty: those that the installation allows",
    ),
    h(
      "fieldset",
      { class: "limits" },
      h("legend", {}, "Requests a minute; empty: the usual limits"),
      LIMITS.map(limit),
    ),
  ];
}

function read(data) {
  const expires = data.get("expires");
  const limit = (name) => (data.get(name) === "" ? null : Number(data.get(name)));
  return {
    name: data.get("name"),
    permissions: data.getAll("permission"),
    expires_at: expires ? new Date(`${expires}T23:59:59`).toISOString() : null,
    allowed_origins: data.get("origins").split(/\s+/).filter(Boolean),
    rate_limits: Object.fromEntries(LIMITS.map(([name]) => [name, limit(name)])),
  };
}

/** The day on which a key ends in the reader's zone, as fields of dates write it. */
function expiry({ expires_at: time }) {
  if (!time) return "";
  const date = new Date(time);
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
