// What messages go out through: Slack, mail, webhooks, SMS. Secrets are shown masked, and kept where a
// field is left as it is.

import { get, post, put, remove } from "../api.js";
import { h } from "../ui/h.js";
import { ago } from "../ui/time.js";
import { button } from "../ui/button.js";
import { field, form } from "../ui/dialog.js";
import { facts } from "../ui/table.js";
import { toast } from "../ui/toast.js";
import { ALL } from "./things.js";

/** Names, and their fields: what the API calls them, their labels, and whether they are secret. */
const KINDS = {
  slack: [
    "Slack",
    [
      ["webhook_url", "Incoming webhook", "secret"],
      ["channel", "Channel"],
    ],
  ],
  email: [
    "Email",
    [
      ["smtp_server", "SMTP server, such as mail.example:587"],
      ["from_email", "From"],
      ["recipients", "To, between commas", "list"],
      ["username", "Account"],
      ["password", "Password", "secret"],
    ],
  ],
  webhook: [
    "Webhook",
    [
      ["url", "URL"],
      ["secret", "Key of the signature", "secret"],
    ],
  ],
  sms: [
    "SMS",
    [
      ["provider_url", "URL of the provider"],
      ["from", "From"],
      ["to", "To, between commas", "list"],
      ["username", "Account"],
      ["password", "Password", "secret"],
    ],
  ],
};
const STATUSES = ["connected", "error"];

export default async function integrations(view, reload) {
  const { integrations: all } = await get("/api/settings/integrations", ALL, view.signal);
  return [
    h("h2", {}, "Integrations"),
    h(
      "ul",
      { class: "services" },
      all.filter((each) => KINDS[each.name]).map((each) => card(each, reload)),
    ),
  ];
}

function card(integration, reload) {
  const [title, fields] = KINDS[integration.name];
  const path = `/api/settings/integrations/${integration.name}`;
  const isSet = integration.status !== "not_configured";
  const config = integration.config ?? {};
  const test = async () => {
    await post(`${path}/test`, {}, ALL).finally(reload);
    toast("A message went out");
  };
  const clear = async () => {
    await remove(path, ALL);
    await reload();
  };
  return h(
    "li",
    { class: integration.status === "error" ? "service service-ill" : "service" },
    h(
      "h3",
      {},
      title,
      " ",
      h(
        "span",
        {
          class: `badge integration-${STATUSES.includes(integration.status) ? integration.status : "other"}`,
        },
        integration.status.replaceAll("_", " "),
      ),
    ),
    facts([
      ...fields.map(([name, label]) => [label, String(config[name] ?? "")]),
      ["Last message", integration.last_test && ago(integration.last_test)],
      ["Fault", integration.last_error],
    ]),
    h(
      "div",
      { class: "form-buttons" },
      isSet && button("Remove", clear),
      isSet && button("Send a test", test),
      button("Set up…", async () => ask(title, path, fields, config, reload)),
    ),
  );
}

function ask(title, path, fields, config, reload) {
  const inputs = fields.map(([name, label, kind]) => {
    const isSecret = kind === "secret";
    const known = config[name];
    return field(
      label,
      h("input", {
        name,
        type: isSecret ? "password" : "text",
        autocomplete: "off",
        value: isSecret ? "" : String(known ?? ""),
      }),
      isSecret && known ? "Empty: as it is" : null,
    );
  });
  form(title, inputs, "Save", async (data) => {
    const body = {};
    for (const [name, , kind] of fields) {
      const given = data.get(name).trim();
      if (kind === "secret" && !given) continue;
      const list = given
        .split(",")
        .map((part) => part.trim())
        .filter(Boolean);
      body[name] = kind === "list" ? (list.length > 0 ? list : null) : given || null;
    }
    await put(path, body, ALL);
    await reload();
  });
}
