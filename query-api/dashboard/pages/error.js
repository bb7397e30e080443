// One error: what can be done about it, how its events are spread, and one event from the stack to the
// request, the newest unless another is asked for.

import { get } from "../api.js";
import * as live from "../live.js";
import { fill, h } from "../ui/h.js";
import { full } from "../ui/format.js";
import { ago, at } from "../ui/time.js";
import { level, plain, status } from "../ui/badge.js";
import { copy } from "../ui/button.js";
import { json } from "../ui/json.js";
import { facts } from "../ui/table.js";
import { keys } from "../ui/keyboard.js";
import { panel } from "../ui/panel.js";
import { complain } from "../ui/toast.js";
import { lastList } from "../errors/place.js";
import { actions } from "../error/actions.js";
import { activity } from "../error/activity.js";
import { breadcrumbs } from "../error/breadcrumbs.js";
import { grouping } from "../error/grouping.js";
import { request } from "../error/request.js";
import { overTime, shares } from "../error/spread.js";
import { asText, stack } from "../error/stack.js";

/** The newest events, of which the steps from one to the next are made. */
const NEWEST = 100;

export default async function error(view) {
  const page = new Page(view);
  await page.load();
}

class Page {
  constructor(view) {
    this.view = view;
    this.id = view.params[0];
    this.event = h("div", { class: "event" });
    this.steps = h("nav", { class: "steps", "aria-label": "Events" });
    this.time = overTime(this.id, view.signal);
    const reload = () => view.go(location.pathname, "replace");
    this.parts = [
      panel("card", h("h2", {}, "Tags"), () => shares(this.id, view.signal)),
      panel("card", h("h2", {}, "Activity"), () => activity(this.error, view.signal)),
      panel("card", h("h2", {}, "Why these are one error"), () => grouping(this.id, view.signal, reload)),
    ];
    this.reload = reload;
    this.head = h("div", { class: "error-head" });
    this.numbers = h("div", { class: "card" });
  }

  async load() {
    const { signal, query, root } = this.view;
    this.error = await get(`/api/errors/${this.id}`, {}, signal);
    this.view.name(this.error.title);
    const named = query.get("event");
    this.shown =
      named && named !== this.error.event_id
        ? await get(`/api/events/${named}`, {}, signal)
        : this.error.latest_event;
    const changed = () => this.showHead();
    this.actions = actions(this.error, this.view, { changed, reload: this.reload });
    this.showHead();
    this.showEvent();
    fill(
      root,
      h(
        "div",
        { class: "error" },
        this.head,
        h(
          "div",
          { class: "error-columns" },
          h(
            "div",
            { class: "error-main" },
            h("div", { class: "card chart-place" }, this.time.node),
            this.steps,
            this.event,
          ),
          h(
            "aside",
            { class: "error-side", "aria-label": "Numbers" },
            this.numbers,
            this.parts.map((part) => part.node),
          ),
        ),
      ),
    );
    this.keys();
    this.listen();
    await Promise.all([this.loadEvents(), this.time.load(), ...this.parts.map((part) => part.load())]);
  }

  showHead() {
    const { error } = this;
    fill(
      this.head,
      h("a", { class: "quiet back", href: lastList() }, "← Errors"),
      h(
        "div",
        { class: "error-title" },
        level(error.level),
        h("h1", {}, error.title),
        status(error.status),
        error.regressed && plain("regressed", "It came back after it was resolved"),
      ),
      h(
        "p",
        { class: "row-where" },
        error.culprit && h("span", { class: "row-culprit" }, error.culprit),
        h("span", {}, error.source),
      ),
      !error.title.endsWith(error.message) &&
        h("p", { class: "error-message", tabindex: "0" }, error.message),
      this.actions.node,
    );
    fill(
      this.numbers,
      facts([
        ["Events", full(error.count)],
        ["Users", full(error.users_affected)],
        ["First seen", ago(error.first_seen)],
        ["Last seen", ago(error.last_seen)],
        ["Release", error.release],
        ["Environment", error.environment],
        ["Resolved", error.resolved_at && ago(error.resolved_at)],
        ["Assigned to", error.assigned_to],
        ["Project", String(error.project_id)],
        ["Fingerprint", error.fingerprint && h("code", { class: "long" }, error.fingerprint)],
      ]),
    );
  }

  /** The events around the one that is shown, once they are there. */
  async loadEvents() {
    const path = `/api/errors/${this.id}/events`;
    const page = await get(path, { limit: NEWEST }, this.view.signal);
    this.events = page.events;
    this.showSteps();
  }

  showSteps() {
    const index = this.events.findIndex((event) => event.event_id === this.shown.event_id);
    const step = (name, to, key) =>
      h(
        "button",
        {
          type: "button",
          disabled: !this.events[to],
          onclick: () => this.step(to).catch(complain),
        },
        name,
        " ",
        h("kbd", {}, key),
      );
    const place = index < 0 ? "" : `${index + 1} of ${full(this.error.count)}, newest first`;
    fill(
      this.steps,
      h("h2", {}, "Event"),
      h("span", { class: "quiet" }, place),
      at(this.shown.timestamp, "quiet"),
      step("Newer", index - 1, "k"),
      step("Older", index < 0 ? 0 : index + 1, "j"),
    );
  }

  async step(index) {
    const event = this.events?.[index];
    if (!event) return;
    this.shown = await get(`/api/events/${event.event_id}`, {}, this.view.signal);
    this.view.restate({ event: index === 0 ? "" : event.event_id });
    this.showEvent();
    this.showSteps();
  }

  showEvent() {
    const event = this.shown;
    fill(
      this.event,
      !event.whole &&
        h(
          "p",
          { class: "note" },
          "The payload of this event was left out by a budget: it counts, and that is all that is known of it.",
        ),
      stack(event),
      breadcrumbs(event),
      request(event),
      about(event),
      free("Contexts", event.contexts),
      free("Extra", event.extra),
      free("Libraries", event.modules),
      notes(event),
      h(
        "section",
        { class: "card" },
        h(
          "header",
          { class: "card-head" },
          h("h2", {}, "As it is stored"),
          copy("Copy JSON", () => JSON.stringify(event, null, 2)),
          copy("Copy summary", () => summary(this.error, event)),
        ),
        h(
          "details",
          {},
          h("summary", {}, "Show the event as JSON"),
          h("pre", { class: "raw", tabindex: "0" }, JSON.stringify(event, null, 2)),
        ),
      ),
    );
  }

  keys() {
    const index = () => this.events?.findIndex((event) => event.event_id === this.shown.event_id) ?? 0;
    keys(
      "This error",
      [
        {
          key: "e",
          does: "Resolve, or reopen",
          run: () => Promise.resolve(this.actions.toggle()).catch(complain),
        },
        { key: "i", does: "Ignore", run: () => this.actions.askUntil() },
        { key: "m", does: "Merge others into it", run: () => this.actions.askMerge().catch(complain) },
        { key: "j", does: "Older event", run: () => this.step(index() + 1).catch(complain) },
        { key: "k", does: "Newer event", run: () => this.step(index() - 1).catch(complain) },
        { key: "b", does: "Back to the list", run: () => this.view.go(lastList()) },
      ],
      this.view.signal,
    );
  }

  /** Numbers follow what happens; the event that is being read stays. */
  listen() {
    live.on(
      "errors",
      (message) => {
        const told = [...message.changed, ...message.regressed].find((error) => error.id === this.error.id);
        if (!told) return;
        const { count, users_affected, last_seen, status: state } = told;
        Object.assign(this.error, { count, users_affected, last_seen, status: state });
        this.showHead();
      },
      this.view.signal,
    );
  }
}

function about(event) {
  const user =
    event.user &&
    Object.entries(event.user)
      .filter(([, value]) => value)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ");
  const sdk =
    event.sdk && [event.sdk.name, event.sdk.version].filter((part) => typeof part === "string").join(" ");
  const tags = Object.entries(event.tags);
  return h(
    "section",
    { class: "card" },
    h("h2", {}, "About"),
    facts([
      ["Event", h("code", { class: "long" }, event.event_id)],
      ["Happened", at(event.timestamp)],
      ["Received", event.received_at && at(event.received_at)],
      ["User", user],
      ["Transaction", event.transaction],
      ["Server", event.server_name],
      ["Release", event.release],
      ["Environment", event.environment],
      ["Platform", event.platform],
      ["Logger", event.logger],
      ["SDK", sdk],
      [
        "Tags",
        tags.length > 0 &&
          h(
            "ul",
            { class: "tags" },
            tags.map(([name, value]) => h("li", {}, h("span", { class: "quiet" }, name), " ", value)),
          ),
      ],
    ]),
  );
}

function free(title, value) {
  if (!value || Object.keys(value).length === 0) return null;
  return h("section", { class: "card" }, h("h2", {}, title), json(value));
}

function notes(event) {
  if (event.notes.length === 0) return null;
  return h(
    "section",
    { class: "card" },
    h("h2", {}, "Changed on its way in"),
    h(
      "ul",
      {},
      event.notes.map((note) =>
        h("li", {}, h("code", {}, note.field), " ", note.change.replaceAll("_", " ")),
      ),
    ),
  );
}

/** What somebody pastes into a ticket or a chat. */
function summary(error, event) {
  return [
    `${error.title}`,
    location.href,
    `${full(error.count)} events, ${full(error.users_affected)} users`,
    "",
    "```",
    event.stack_trace ?? asText(event.exceptions),
    "```",
  ].join("\n");
}
