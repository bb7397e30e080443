// Who changed what, and when.

import { get } from "../api.js";
import { h, refill } from "../ui/h.js";
import { at } from "../ui/time.js";
import { plain } from "../ui/badge.js";
import { changes } from "../ui/changes.js";
import { button } from "../ui/button.js";
import { empty } from "../ui/states.js";
import { table } from "../ui/table.js";
import { ALL } from "./things.js";

const PAGE = 50;

const COLUMNS = [
  { name: "When", class: "narrow", cell: (entry) => at(entry.at) },
  {
    name: "Who",
    cell: (entry) =>
      entry.actor.member ? `${entry.actor.member.name} (${entry.actor.name})` : entry.actor.name,
  },
  { name: "What", class: "narrow", cell: (entry) => plain(entry.action) },
  { name: "Of", cell: (entry) => `${entry.target.kind.replaceAll("_", " ")} ${entry.target.name}` },
  {
    name: "Change",
    cell: (entry) => changes(entry.changes),
  },
];

export default async function audit(view) {
  const place = h("div", {});
  const entries = [];
  const next = async (cursor) => {
    const page = await get("/api/settings/audit", { limit: PAGE, cursor, ...ALL }, view.signal);
    entries.push(...page.entries);
    refill(
      place,
      entries.length > 0 ? table(COLUMNS, entries, "Audit log") : empty("Nothing was changed yet."),
      page.next_cursor && button("Show more", () => next(page.next_cursor), { "data-at": "more" }),
    );
  };
  await next(null);
  return [h("h2", {}, "Audit log"), place];
}
