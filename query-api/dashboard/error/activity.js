// What was done about an error, and by whom.

import { get } from "../api.js";
import { fill, h } from "../ui/h.js";
import { count } from "../ui/format.js";
import { button } from "../ui/button.js";
import { ago, text } from "../ui/time.js";

const PAGE = 10;

/** The newest first, and at last how it began. */
export async function activity(error, signal) {
  const place = h("div", {});
  const entries = [];
  const next = async (cursor) => {
    const page = await get(`/api/errors/${error.id}/activity`, { limit: PAGE, cursor }, signal);
    entries.push(...page.activity);
    const more = page.next_cursor && button("Show more", () => next(page.next_cursor));
    const began = !page.next_cursor && line(null, "It was seen first", error.first_seen);
    fill(place, h("ul", { class: "activity" }, entries.map(told), began), more);
  };
  await next(null);
  return place;
}

const told = (entry) => line(entry.by, DID[entry.kind]?.(entry.details) ?? entry.kind, entry.at);

function line(by, did, time) {
  return h("li", {}, by && h("strong", {}, by, " "), did, " ", ago(time, "quiet"));
}

const DID = {
  resolved: () => "resolved it",
  unresolved: () => "reopened it",
  reopened: () => "It came out of being ignored",
  regressed: () => "It came back after it was resolved",
  ignored: ({ until, events }) =>
    `ignored it${until ? ` until ${text(until)}` : ""}${events ? ` for ${count(events, "event")} more` : ""}`,
  assigned: ({ assigned_to: name }) => (name ? `assigned it to ${name}` : "assigned it to nobody"),
  merged: ({ merged, into }) =>
    into ? ["merged it into ", link(into)] : `merged ${count(merged?.length ?? 0, "error")} into it`,
  unmerged: ({ unmerged, from }) =>
    from ? ["took it out of ", link(from)] : `took ${count(unmerged?.length ?? 0, "error")} out of it`,
};

const link = (id) => h("a", { href: `/errors/${id}` }, "another error");
