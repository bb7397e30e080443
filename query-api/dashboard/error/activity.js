// What was done about an error, and by whom.

import { get } from "../api.js";
import { h, refill } from "../ui/h.js";
import { count } from "../ui/format.js";
import { button } from "../ui/button.js";
import { ago, text } from "../ui/time.js";

const PAGE = 10;

/** The newest first, and at last how it began. */
export class Activity {
  constructor(error, signal) {
    Object.assign(this, { error, signal });
    this.node = h("div", {});
    this.entries = [];
    this.cursor = null;
  }

  /** Reads what has come, and answers where it is shown. What was read before stays. */
  async read() {
    const page = await this.page(null);
    const newest = JSON.stringify(this.entries[0]);
    const known = page.activity.findIndex((entry) => JSON.stringify(entry) === newest);
    if (known < 0) {
      this.entries = page.activity;
      this.cursor = page.next_cursor;
    } else {
      this.entries.unshift(...page.activity.slice(0, known));
    }
    this.draw();
    return this.node;
  }

  async next() {
    const page = await this.page(this.cursor);
    this.entries.push(...page.activity);
    this.cursor = page.next_cursor;
    this.draw();
  }

  page(cursor) {
    return get(`/api/errors/${this.error.id}/activity`, { limit: PAGE, cursor }, this.signal);
  }

  draw() {
    const more = this.cursor && button("Show more", () => this.next(), { "data-at": "more" });
    const began = !this.cursor && line(null, "It was seen first", this.error.first_seen);
    refill(this.node, h("ul", { class: "activity" }, this.entries.map(told), began), more);
  }
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
