// One incident: what is known, who works on it, its timeline, and the firings that belong to it.

import { get, put } from "../api.js";
import * as live from "../live.js";
import { current, may } from "../session.js";
import { fill, h } from "../ui/h.js";
import { measured } from "../ui/format.js";
import { ago, at } from "../ui/time.js";
import { SEVERITIES, plain, severity } from "../ui/badge.js";
import { busy, button } from "../ui/button.js";
import { field } from "../ui/dialog.js";
import { changes } from "../ui/changes.js";
import { facts, table } from "../ui/table.js";
import { complain, toast } from "../ui/toast.js";

const STATUSES = ["investigating", "identified", "monitoring", "resolved"];

export default async function incident(view) {
  const id = view.params[0];
  const load = async () => {
    const found = await get(`/api/alerts/incidents/${id}`, {}, view.signal);
    view.name(found.title);
    show(view, found, load);
  };
  live.on(
    "incident",
    (message) => {
      // What is being written is not taken away.
      if (message.id === id && !view.root.querySelector("form:focus-within")) load().catch(complain);
    },
    view.signal,
  );
  await load();
}

function show(view, found, load) {
  fill(
    view.root,
    h(
      "header",
      { class: "page-head" },
      severity(found.severity),
      h("h1", {}, found.title),
      plain(found.status),
    ),
    h(
      "div",
      { class: "error-columns" },
      h(
        "div",
        { class: "error-main" },
        found.description &&
          h(
            "section",
            { class: "card" },
            h("h2", {}, "What is known"),
            h("p", { class: "pre-line" }, found.description),
          ),
        h("section", { class: "card" }, h("h2", {}, "Timeline"), timeline(found.history)),
        h("section", { class: "card" }, h("h2", {}, "Firings"), firings(found.firings)),
      ),
      h(
        "aside",
        { class: "error-side", "aria-label": "State" },
        h(
          "section",
          { class: "card" },
          facts([
            ["Opened", ago(found.created_at)],
            ["Changed", ago(found.updated_at)],
            ["Resolved", found.resolved_at && at(found.resolved_at)],
            ["Assigned to", found.assigned_to],
            [
              "Rule",
              found.rule_id && h("a", { href: `/alerts/${found.rule_id}` }, "the rule that opened it"),
            ],
          ]),
        ),
        may("write") && change(found, load),
      ),
    ),
  );
}

function change(found, load) {
  const options = (all, chosen) =>
    all.map((name) => h("option", { value: name, selected: name === chosen }, name));
  const submit = h("button", { class: "primary" }, "Save");
  const said = h("p", { class: "form-error", role: "alert" });
  const save = async (body) => {
    await put(`/api/alerts/incidents/${found.id}`, body);
    toast("Saved");
    await load();
  };
  const sent = async (event) => {
    event.preventDefault();
    const data = new FormData(event.target);
    const body = {
      status: data.get("status"),
      severity: data.get("severity"),
      assigned_to: data.get("assigned_to").trim() || null,
      description: data.get("description") || null,
    };
    await busy(submit, () => save(body)).catch((failure) => fill(said, failure.message));
  };
  return h(
    "section",
    { class: "card" },
    h("h2", {}, "Change"),
    h(
      "form",
      { class: "form", onsubmit: sent },
      field("Status", h("select", { name: "status" }, options(STATUSES, found.status))),
      field("Severity", h("select", { name: "severity" }, options(SEVERITIES, found.severity))),
      field(
        "Assigned to",
        h("input", { name: "assigned_to", value: found.assigned_to ?? "", maxlength: "200" }),
      ),
      field(
        "What is known",
        h("textarea", {
          name: "description",
          rows: "5",
          maxlength: "8000",
          value: found.description ?? "",
        }),
      ),
      said,
      h(
        "div",
        { class: "form-buttons" },
        found.assigned_to !== current().name &&
          button("Take it", () => save({ assigned_to: current().name })),
        submit,
      ),
    ),
  );
}

/** What tells people something: no ids, and nothing that is not known. */
const telling = (details) =>
  Object.fromEntries(
    Object.entries(details).filter(([name, value]) => value !== null && name !== "at" && !name.endsWith("_id")),
  );

function timeline(history) {
  return h(
    "ol",
    { class: "crumbs" },
    history.map((entry) =>
      h(
        "li",
        { class: `crumb crumb-${entry.kind === "fired" ? "error" : "info"}` },
        at(entry.at, "crumb-time"),
        h("span", { class: "crumb-category" }, entry.kind.replaceAll("_", " ")),
        h(
          "div",
          { class: "crumb-message" },
          h("span", {}, entry.actor),
          changes(telling(entry.details)),
        ),
      ),
    ),
  );
}

function firings(all) {
  if (all.length === 0) return h("p", { class: "quiet" }, "No rule fired for it.");
  return table(
    [
      {
        name: "Rule",
        cell: (firing) => h("a", { href: `/alerts/${firing.rule_id}` }, firing.rule_name),
      },
      {
        name: "Error",
        cell: (firing) => firing.error_id && h("a", { href: `/errors/${firing.error_id}` }, "the error"),
      },
      {
        name: "Measured",
        class: "narrow",
        cell: (firing) => `${measured(firing.value)} of ${measured(firing.threshold)}`,
      },
      { name: "From", class: "narrow", cell: (firing) => at(firing.started_at) },
      {
        name: "Until",
        class: "narrow",
        cell: (firing) => (firing.ended_at ? at(firing.ended_at) : plain("firing")),
      },
    ],
    all,
    "Firings",
  );
}
