// The events of an error one after the other: which is shown, and the steps to those beside it, as far
// back as there are any.

import { get } from "../api.js";
import { h, refill } from "../ui/h.js";
import { full } from "../ui/format.js";
import { at } from "../ui/time.js";
import { button } from "../ui/button.js";
import { failed } from "../ui/states.js";

/** Events of a page, of which only the ids are kept. */
const PAGE = 100;

/** The steps. `shown` is told the event that is to be shown, and whether it is the newest. */
export class Steps {
  constructor(error, signal, shown) {
    Object.assign(this, { error, signal, shown });
    this.path = `/api/errors/${error.id}/events`;
    this.node = h("nav", { class: "steps", "aria-label": "Events" });
    /** The event that is shown; null: none. */
    this.event = null;
    /** The ids of events that follow each other, newest first. */
    this.ids = [];
    this.cursor = null;
    /** Whether the first of these is the newest there is. */
    this.isFromNewest = false;
  }

  /** Finds what lies around an event; null: around the newest. */
  async start(event) {
    this.event = event;
    this.draw();
    try {
      const isFound = (id) => id === this.event?.event_id;
      let page = await this.page({});
      this.isFromNewest = event === null || page.ids.some(isFound);
      if (!this.isFromNewest) {
        page = await this.page({ before: event.event_id });
        page.ids.unshift(event.event_id);
      }
      Object.assign(this, page);
      this.draw();
    } catch (failure) {
      if (!this.signal.aborted) refill(this.node, failed(failure, () => this.start(this.event)));
    }
  }

  /** Goes to the event that came after, or before, the one that is shown. */
  newer = () => this.go(this.index() - 1);
  older = async () => {
    const next = this.index() + 1;
    if (next === this.ids.length && this.cursor) {
      const page = await this.page({ cursor: this.cursor });
      // Somebody who pressed twice has it already.
      if (next === this.ids.length) this.ids.push(...page.ids);
      this.cursor = page.cursor;
    }
    await this.go(next);
  };

  /** Goes to the newest event there is now. */
  newest = async () => {
    const { latest_event: event } = await get(`/api/errors/${this.error.id}`, {}, this.signal);
    this.shown(event, true);
    await this.start(event);
  };

  async go(index) {
    const id = this.ids[index];
    if (!id) return;
    this.asked = id;
    const event = await get(`/api/events/${id}`, {}, this.signal);
    if (this.asked !== id) return;
    this.event = event;
    this.shown(event, this.isFromNewest && index === 0);
    this.draw();
  }

  async page(query) {
    const page = await get(this.path, { ...query, limit: PAGE }, this.signal);
    return { ids: page.events.map((event) => event.event_id), cursor: page.next_cursor };
  }

  index() {
    return this.event ? this.ids.indexOf(this.event.event_id) : -1;
  }

  draw() {
    const index = this.index();
    const place =
      this.isFromNewest && index >= 0 ? `${full(index + 1)} of ${full(this.error.count)}, newest first` : "";
    const hasOlder = index + 1 < this.ids.length || this.cursor !== null;
    const step = (name, key, run, isOpen) => {
      const label = [name, key && [" ", h("kbd", {}, key)]];
      if (isOpen) return button(label, run, { "data-at": name });
      return h("button", { type: "button", "data-at": name, "aria-disabled": "true" }, label);
    };
    refill(
      this.node,
      h("h2", {}, "Event"),
      h("span", { class: "quiet" }, place),
      this.event && at(this.event.timestamp, "quiet"),
      h(
        "span",
        { class: "steps-buttons" },
        step("Newest", null, this.newest, true),
        step("Newer", "k", this.newer, index > 0),
        step("Older", "j", this.older, hasOlder),
      ),
    );
  }
}
