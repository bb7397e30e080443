// The incidents that people work on, and opening one.

import { get, post } from "../api.js";
import * as live from "../live.js";
import { may } from "../session.js";
import { fill, h } from "../ui/h.js";
import { ago } from "../ui/time.js";
import { SEVERITIES, plain, severity } from "../ui/badge.js";
import { button } from "../ui/button.js";
import { field, form } from "../ui/dialog.js";
import { choice, panel } from "../ui/panel.js";
import { empty } from "../ui/states.js";
import { table } from "../ui/table.js";

const SHOWN = [
  ["open", "Open"],
  ["all", "All"],
];
const OPEN = "investigating,identified,monitoring";
const MOST = 200;

const COLUMNS = [
  { name: "Incident", cell: (incident) => h("a", { href: `/incidents/${incident.id}` }, incident.title) },
  { name: "Severity", class: "narrow", cell: (incident) => severity(incident.severity) },
  { name: "Status", class: "narrow", cell: (incident) => plain(incident.status) },
  { name: "Assigned to", class: "narrow", cell: (incident) => incident.assigned_to ?? "" },
  { name: "Opened", class: "narrow", cell: (incident) => ago(incident.created_at) },
  { name: "Changed", class: "narrow", cell: (incident) => ago(incident.updated_at) },
];

export default async function incidents(view) {
  const shown = view.query.get("show") === "all" ? "all" : "open";
  const list = async () => {
    const status = shown === "open" ? OPEN : null;
    const { incidents: all } = await get("/api/alerts/incidents", { status, limit: MOST }, view.signal);
    return all.length > 0
      ? table(COLUMNS, all, "Incidents")
      : empty(shown === "open" ? "No incident is open." : "There was none.");
  };
  const part = panel("card", null, list, 12);
  fill(
    view.root,
    h(
      "header",
      { class: "page-head" },
      h("h1", {}, "Incidents"),
      choice(
        SHOWN.map(([name, label]) => [name, label, `/incidents?show=${name}`]),
        shown,
      ),
      may("write") && button("Open one…", async () => ask(view), { class: "primary" }),
    ),
    part.node,
  );
  live.on("incident", () => part.load(), view.signal);
  await part.load();
}

function ask(view) {
  form(
    "New incident",
    [
      field("What it is about", h("input", { name: "title", required: true, maxlength: "200" })),
      field(
        "Severity",
        h(
          "select",
          { name: "severity" },
          SEVERITIES.map((name) => h("option", { value: name, selected: name === "medium" }, name)),
        ),
      ),
      field("More about it", h("textarea", { name: "description", rows: "4", maxlength: "8000" })),
    ],
    "Open it",
    async (data) => {
      const made = await post("/api/alerts/incidents", {
        title: data.get("title"),
        severity: data.get("severity"),
        description: data.get("description") || null,
      });
      view.go(`/incidents/${made.id}`);
    },
  );
}
