// A project's own rules of grouping and discarding: written as text, tried on the newest events before
// they hold.

import { get, post, put } from "../api.js";
import { fill, h } from "../ui/h.js";
import { count, full } from "../ui/format.js";
import { busy, button } from "../ui/button.js";
import { field } from "../ui/dialog.js";
import { empty } from "../ui/states.js";
import { table } from "../ui/table.js";
import { toast } from "../ui/toast.js";

const HINTS = {
  grouping_rules: 'One a line, such as: type:DatabaseError message:"*timeout*" -> fingerprint("db-timeout")',
  discard_rules: 'Looked at first, such as: module:"vendor.*" level:warning -> discard',
};

/** The texts, what they would do, and saving them. */
export async function rules(id, signal) {
  const project = await get(`/api/projects/${id}`, { project_id: null }, signal);
  const text = (name) =>
    h("textarea", {
      class: "mono",
      rows: "5",
      spellcheck: "false",
      maxlength: "32768",
      value: project[name],
    });
  const [grouping, discarding] = [text("grouping_rules"), text("discard_rules")];
  const said = h("p", { class: "form-error", role: "alert" });
  const shown = h("div", { role: "status" });
  const body = () => ({ grouping_rules: grouping.value, discard_rules: discarding.value });
  const run = (ask, then) =>
    ask().then(
      (answer) => {
        fill(said);
        then(answer);
      },
      (failure) => fill(said, failure.message),
    );
  const tryOut = () =>
    run(
      () => post(`/api/projects/${id}/grouping/preview`, body(), { project_id: null }),
      (played) => fill(shown, preview(played)),
    );
  const submit = h("button", { class: "primary" }, "Save the rules");
  const save = (event) => {
    event.preventDefault();
    const ask = () => put(`/api/projects/${id}`, body(), { project_id: null });
    return run(() => busy(submit, ask), () => toast("Saved: they hold for events that come from now on"));
  };
  return h(
    "form",
    { class: "form", onsubmit: save },
    field("Grouping", grouping, HINTS.grouping_rules),
    field("Discarding", discarding, HINTS.discard_rules),
    said,
    h("div", { class: "form-buttons" }, button("Try on the newest events", tryOut), submit),
    shown,
  );
}

function preview(played) {
  if (played.events === 0) return empty("No event was kept that they could be tried on.");
  const counted = [
    [played.unchanged, "stay"],
    [played.moved, "go elsewhere"],
    [played.discarded, "are discarded"],
  ];
  return [
    h("p", {}, `Of the newest ${count(played.events, "event")}:`),
    h(
      "div",
      { class: "numbers" },
      counted.map(([number, word]) => h("div", { class: "number" }, h("strong", {}, full(number)), h("span", {}, word))),
    ),
    played.rules.length > 0 && table(RULES, played.rules, "What each rule matches"),
    played.groups.length > 0 && table(GROUPS, played.groups, "Where events would go"),
    played.discarded_from.length > 0 && table(COUNTED, played.discarded_from, "Where discarded events are now"),
  ];
}

const RULES = [
  { name: "Line", class: "narrow", cell: (rule) => full(rule.line) },
  { name: "Rule", cell: (rule) => h("code", {}, rule.rule) },
  { name: "Matches", class: "narrow", cell: (rule) => count(rule.events, "event") },
];

const COUNTED = [
  { name: "Now part of", cell: (error) => h("a", { href: `/errors/${error.id}` }, error.title) },
  { name: "Events", class: "narrow", cell: (error) => full(error.events) },
];

const GROUPS = [
  {
    name: "Would be",
    cell: (group) => (group.exists ? h("a", { href: `/errors/${group.id}` }, group.title) : `new: ${group.title}`),
  },
  { name: "Events", class: "narrow", cell: (group) => full(group.events) },
  { name: "Now part of", cell: (group) => group.from.map((error) => `${error.title} (${full(error.events)})`).join(", ") },
];
