// API keys: which there are, making one, and revoking one.

import { get, post, remove } from "../api.js";
import { h } from "../ui/h.js";
import { ago, at } from "../ui/time.js";
import { plain } from "../ui/badge.js";
import { button, copy } from "../ui/button.js";
import { confirm, field, form, showOnce } from "../ui/dialog.js";
import { table } from "../ui/table.js";

const PERMISSIONS = [
  ["ingest", "submit errors"],
  ["read", "read"],
  ["write", "change errors, rules and incidents"],
  ["admin", "everything"],
];

export default async function keys(view, reload) {
  const { api_keys: all } = await get("/api/settings/api-keys", {}, view.signal);
  return [
    h(
      "header",
      { class: "card-head" },
      h("h2", {}, "API keys"),
      button("New key…", async () => ask(reload), { class: "primary" }),
    ),
    table(
      [
        { name: "Key", cell: (key) => key.name },
        { name: "Ends with", class: "narrow", cell: (key) => h("code", {}, key.key_preview) },
        { name: "May", cell: (key) => key.permissions.map((name) => [plain(name), " "]) },
        {
          name: "Project",
          class: "narrow",
          cell: (key) => (key.project_id === null ? "all" : String(key.project_id)),
        },
        {
          name: "Used",
          class: "narrow",
          cell: (key) => (key.last_used ? ago(key.last_used) : "never"),
        },
        {
          name: "Expires",
          class: "narrow",
          cell: (key) => (key.expires_at ? at(key.expires_at) : "never"),
        },
        {
          name: "",
          class: "narrow",
          cell: (key) => button("Revoke…", async () => revoke(key, reload)),
        },
      ],
      all,
      "API keys",
    ),
  ];
}

function ask(reload) {
  form(
    "New API key",
    [
      field("What it is for", h("input", { name: "name", required: true, maxlength: "200" })),
      h(
        "fieldset",
        {},
        h("legend", {}, "It may"),
        PERMISSIONS.map(([name, meaning]) =>
          h(
            "label",
            { class: "check" },
            h("input", { type: "checkbox", name: "permission", value: name }),
            `${name}: ${meaning}`,
          ),
        ),
      ),
      field("Expires", h("input", { name: "expires", type: "date" }), "Empty: never"),
    ],
    "Make it",
    async (data) => {
      const expires = data.get("expires");
      const made = await post("/api/settings/api-keys", {
        name: data.get("name"),
        permissions: data.getAll("permission"),
        expires_at: expires ? new Date(`${expires}T23:59:59`).toISOString() : null,
      });
      showOnce("The new key", [
        h("p", {}, "It is shown this once."),
        h(
          "p",
          { class: "dsn" },
          h("code", { class: "secret" }, made.api_key),
          copy("Copy", () => made.api_key),
        ),
      ]);
      await reload();
    },
  );
}

function revoke(key, reload) {
  confirm(`Revoke ${key.name}?`, "Whatever uses it is refused within a second.", "Revoke", async () => {
    await remove(`/api/settings/api-keys/${key.id}`);
    await reload();
  });
}
