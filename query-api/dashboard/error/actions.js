// What can be done about one error.

import { get, remove } from "../api.js";
import { current, isInstallation, may } from "../session.js";
import { assign, change, ignore } from "../errors/changes.js";
import { h, refill } from "../ui/h.js";
import { button, copy } from "../ui/button.js";
import { confirm, field, form } from "../ui/dialog.js";
import { toast } from "../ui/toast.js";
import { askMerge } from "./grouping.js";

const HOUR = 3_600_000;

/** Until when an error can be ignored. */
const UNTIL = [
  ["", "Until somebody reopens it"],
  ["1", "For an hour"],
  ["24", "For a day"],
  ["168", "For a week"],
];

/**
 * The buttons; `changed` is told when something was done about the error, `reload` when it is another
 * one. `show` draws them for what the error is now.
 */
export function actions(error, view, { changed, reload }) {
  const place = h("div", { class: "actions" });
  let shown = null;
  const show = () => {
    const now = JSON.stringify([error.status, error.assigned_to]);
    if (now === shown) return;
    shown = now;
    refill(
      place,
      may("write") && buttons(),
      copy("Copy link", () => location.href, { "data-at": "link" }),
    );
  };
  const became = (states) => {
    const state = states.get(error.id);
    // One that is gone meanwhile has no state any more.
    if (state) error.status = state;
    changed();
  };
  const settle = (action) => change([error], action, became);
  const act = (at, label, run, props) => button(label, run, { "data-at": at, ...props });
  const buttons = () => [
    error.status === "resolved"
      ? act("settle", "Reopen", () => settle("unresolve"))
      : act("settle", ["Resolve ", h("kbd", {}, "e")], () => settle("resolve"), { class: "primary" }),
    error.status === "ignored"
      ? act("ignore", "Stop ignoring", () => settle("unresolve"))
      : act("ignore", ["Ignore… ", h("kbd", {}, "i")], async () => askUntil()),
    act("assign", error.assigned_to ? `Assigned: ${error.assigned_to}` : "Assign…", () => askWhom()),
    act("merge", ["Merge… ", h("kbd", {}, "m")], () => askMerge(error, reload)),
    act("delete", "Delete…", async () => askDelete()),
  ];
  const askUntil = () =>
    form(
      "Ignore this error",
      [
        field(
          "How long",
          h(
            "select",
            { name: "hours" },
            UNTIL.map(([value, label]) => h("option", { value }, label)),
          ),
        ),
        field(
          "Or until so many events more",
          h("input", { name: "events", type: "number", min: "1", inputmode: "numeric" }),
        ),
      ],
      "Ignore",
      async (data) => {
        const [hours, events] = [Number(data.get("hours")), Number(data.get("events"))];
        const until = hours ? new Date(Date.now() + hours * HOUR).toISOString() : null;
        await ignore(error, { until, events: events || null }, became);
      },
    );
  const askWhom = async () => {
    const known = await people();
    form(
      "Who looks after it?",
      [
        field(
          "Name or address",
          h("input", {
            name: "who",
            value: error.assigned_to ?? current().name,
            maxlength: "200",
            list: "people",
          }),
          "Empty: nobody",
        ),
        h(
          "datalist",
          { id: "people" },
          known.map((name) => h("option", { value: name })),
        ),
      ],
      "Assign",
      async (data) => {
        await assign(error, data.get("who").trim() || null, (name) => {
          error.assigned_to = name;
          changed();
        });
      },
    );
  };
  const askDelete = () =>
    confirm(
      "Delete this error?",
      "Its events and counts go for good. An event that comes later starts it anew.",
      "Delete",
      async () => {
        await remove(`/api/errors/${error.id}`);
        toast("Deleted");
        view.go("/errors");
      },
    );
  show();
  return {
    node: place,
    show,
    toggle: () => may("write") && settle(error.status === "resolved" ? "unresolve" : "resolve"),
    askUntil: () => may("write") && askUntil(),
    askMerge: async () => may("write") && askMerge(error, reload),
  };
}

/** Those who can be named: the team, for those who may read it. */
async function people() {
  if (!may("admin") || !isInstallation()) return [current().name];
  const { members } = await get("/api/settings/team", { project_id: null });
  return members.map((member) => member.name);
}
