// The columns of firings, wherever they are listed.

import { get } from "../api.js";
import { h } from "../ui/h.js";
import { measured } from "../ui/format.js";
import { at } from "../ui/time.js";
import { plain } from "../ui/badge.js";
import { filterOf } from "./condition.js";

export const RULE = {
  name: "Rule",
  cell: (firing) => h("a", { href: `/alerts/${firing.rule_id}` }, firing.rule_name),
};

/** What was measured, from when it held, and until when. */
export const COURSE = [
  {
    name: "Measured",
    class: "narrow",
    cell: (firing) => `${measured(firing.value)}, allowed ${measured(firing.threshold)}`,
  },
  { name: "From", class: "narrow", cell: (firing) => at(firing.started_at) },
  {
    name: "Until",
    class: "narrow",
    cell: (firing) =>
      firing.ended_at ? [at(firing.ended_at), " ", plain(firing.end_reason)] : plain("firing"),
  },
];

/** The error that a firing is about, or those that a rule over all of them counted. */
export async function errorsColumn(signal) {
  const { rules } = await get("/api/alerts/rules", {}, signal);
  const conditions = new Map(rules.map((rule) => [rule.id, rule.condition]));
  const cell = (firing) =>
    firing.error_id
      ? h("a", { href: `/errors/${firing.error_id}` }, "the error")
      : h("a", { href: counted(firing, conditions.get(firing.rule_id) ?? "") }, "the errors");
  return { name: "Error", cell };
}

function counted(firing, condition) {
  const filter = filterOf(condition, Date.parse(firing.started_at));
  return `/errors?sort=count&project=${firing.project_id}&q=${encodeURIComponent(filter)}`;
}
