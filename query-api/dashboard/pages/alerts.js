// Rules, when they fired, and what was told of it.

import { get } from "../api.js";
import * as live from "../live.js";
import { may } from "../session.js";
import { fill, h, refill } from "../ui/h.js";
import { ago, at } from "../ui/time.js";
import { plain, severity } from "../ui/badge.js";
import { button } from "../ui/button.js";
import { choice, panel } from "../ui/panel.js";
import { empty } from "../ui/states.js";
import { table } from "../ui/table.js";
import { COURSE, RULE, errorsColumn } from "../alerts/columns.js";
import { projectColumn } from "../project/names.js";

const SHOWN = 50;
const TABS = [
  ["rules", "Rules"],
  ["firings", "Firings"],
  ["deliveries", "Deliveries"],
];

export default async function alerts(view) {
  const named = view.query.get("show");
  const shown = TABS.some(([name]) => name === named) ? named : "rules";
  const content = { rules, firings, deliveries }[shown];
  const part = panel("card", null, () => content(view), 12);
  fill(
    view.root,
    h(
      "header",
      { class: "page-head" },
      h("h1", {}, "Alerts"),
      choice(
        TABS.map(([name, label]) => [name, label, `/alerts?show=${name}`]),
        shown,
      ),
      may("write") && h("a", { class: "button primary", href: "/alerts/new" }, "New rule"),
    ),
    part.node,
  );
  live.on("firing", () => part.load(), view.signal);
  await part.load();
}

async function rules(view) {
  const { rules: all } = await get("/api/alerts/rules", {}, view.signal);
  if (all.length === 0)
    return empty(
      "No rules yet.",
      h("p", { class: "quiet" }, "A rule tells you when errors are more, new or back."),
    );
  return table(
    [
      ...(await projectColumn(view.signal)),
      { name: "Rule", cell: (rule) => h("a", { href: `/alerts/${rule.id}` }, rule.name) },
      { name: "Condition", cell: (rule) => h("code", {}, rule.condition) },
      { name: "Severity", class: "narrow", cell: (rule) => severity(rule.severity) },
      { name: "State", class: "narrow", cell: (rule) => state(rule) },
      { name: "Tells", class: "narrow", cell: (rule) => rule.notifications.join(", ") || "nobody" },
      {
        name: "Fired",
        class: "narrow",
        cell: (rule) => (rule.last_triggered ? ago(rule.last_triggered) : "never"),
      },
    ],
    all,
    "Rules",
  );
}

function state(rule) {
  const isMuted = rule.muted_until && Date.parse(rule.muted_until) > Date.now();
  return [
    h("span", { class: rule.state === "firing" ? "badge severity-critical" : "badge" }, rule.state),
    isMuted && plain("muted", `Until ${rule.muted_until}`),
  ];
}

async function firings(view) {
  const errors = await errorsColumn(view.signal);
  return paged(view, "/api/alerts/firings", "firings", "No rule has fired yet.", [
    RULE,
    { name: "Severity", class: "narrow", cell: (firing) => severity(firing.severity) },
    ...COURSE,
    {
      name: "About",
      cell: (firing) => [
        errors.cell(firing),
        " ",
        firing.incident_id && h("a", { href: `/incidents/${firing.incident_id}` }, "incident"),
      ],
    },
    {
      name: "Told",
      cell: (firing) =>
        firing.muted ? "muted" : firing.deliveries.map((told) => `${told.channel} ${told.status}`).join(", "),
    },
  ]);
}

async function deliveries(view) {
  return paged(view, "/api/alerts/deliveries", "deliveries", "Nothing was told yet.", [
    { name: "About", cell: (delivery) => delivery.title },
    { name: "What", class: "narrow", cell: (delivery) => plain(delivery.kind) },
    { name: "Channel", class: "narrow", cell: (delivery) => delivery.channel },
    {
      name: "Status",
      class: "narrow",
      cell: (delivery) =>
        h("span", { class: delivery.status === "failed" ? "badge level-error" : "badge" }, delivery.status),
    },
    { name: "Attempts", class: "narrow", cell: (delivery) => String(delivery.attempts) },
    { name: "When", class: "narrow", cell: (delivery) => at(delivery.created_at) },
    { name: "Fault", cell: (delivery) => delivery.last_error ?? "" },
  ]);
}

/** A list of which more pages may follow. */
async function paged(view, path, field, nothing, columns) {
  const place = h("div", {});
  const rows = [];
  const all = [...(await projectColumn(view.signal)), ...columns];
  const next = async (cursor) => {
    const page = await get(path, { limit: SHOWN, cursor }, view.signal);
    rows.push(...page[field]);
    refill(
      place,
      rows.length > 0 ? table(all, rows, field) : empty(nothing),
      page.next_cursor && button("Show more", () => next(page.next_cursor), { "data-at": "more" }),
    );
  };
  await next(null);
  return place;
}
