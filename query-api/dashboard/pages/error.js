// One error: what can be done about it, how its events are spread, and one event from the stack to the
// request, the newest unless another is asked for.

import { get } from "../api.js";
import * as live from "../live.js";
import { fill, h } from "../ui/h.js";
import { full } from "../ui/format.js";
import { at } from "../ui/time.js";
import { copy } from "../ui/button.js";
import { json } from "../ui/json.js";
import { facts } from "../ui/table.js";
import { keys } from "../ui/keyboard.js";
import { panel } from "../ui/panel.js";
import { failed } from "../ui/states.js";
import { complain } from "../ui/toast.js";
import { lastList } from "../errors/place.js";
import { actions } from "../error/actions.js";
import { Activity } from "../error/activity.js";
import { breadcrumbs } from "../error/breadcrumbs.js";
import { grouping } from "../error/grouping.js";
import { Head } from "../error/head.js";
import { request } from "../error/request.js";
import { overTime, shares } from "../error/spread.js";
import { asText, stack } from "../error/stack.js";
import { Steps } from "../error/steps.js";

const LEFT_OUT =
  "The payload of this event was left out by a budget: it counts, and that is all that is known of it.";

/** What others did is looked at no more often, however much happens. */
const PACE = 2_000;

export default async function error(view) {
  const page = new Page(view);
  await page.load();
}

class Page {
  constructor(view) {
    this.view = view;
    this.event = h("div", { class: "event" });
  }

  async load() {
    const { signal, query, params } = this.view;
    this.error = await get(`/api/errors/${encodeURIComponent(params[0])}`, {}, signal);
    this.view.name(this.error.title);
    const named = query.get("event");
    const isOther = named && named !== this.error.event_id;
    const shown = isOther ? await this.find(named) : this.error.latest_event;
    // By a link from before it was taken out, or one that was put together wrongly.
    if (isOther && shown && shown.error_id !== this.error.id)
      return this.leave(shown.error_id, `?event=${shown.event_id}`);
    this.build();
    if (shown) this.showEvent(shown);
    this.keys();
    this.listen();
    const parts = this.parts.map((part) => part.load());
    await Promise.all([this.steps.start(shown), this.time.load(), ...parts]);
  }

  /** The event that the address names; where there is none, that is said in its place. */
  async find(id) {
    const { signal } = this.view;
    try {
      return await get(`/api/events/${encodeURIComponent(id)}`, {}, signal);
    } catch (failure) {
      if (signal.aborted) throw failure;
      fill(this.event, h("section", { class: "card" }, failed(failure)));
      return null;
    }
  }

  build() {
    const { error, view } = this;
    const { signal } = view;
    const { id } = error;
    const reload = () => view.go(location.pathname, "replace");
    this.time = overTime(id, signal);
    const past = new Activity(error, signal);
    this.activity = panel("card", h("h2", {}, "Activity"), () => past.read(), 3);
    this.parts = [
      panel("card", h("h2", {}, "Tags"), () => shares(id, signal), 12),
      this.activity,
      panel("card", h("h2", {}, "Why these are one error"), () => grouping(id, signal, reload), 6),
    ];
    this.actions = actions(error, view, { changed: () => this.changed(), reload });
    this.head = new Head(error, this.actions.node);
    this.steps = new Steps(error, signal, (event, isNewest) => {
      view.restate({ event: isNewest ? "" : event.event_id });
      this.showEvent(event);
    });
    const chart = h("div", { class: "card chart-place" }, this.time.node);
    const main = h("div", { class: "error-main" }, chart, this.steps.node, this.event);
    const side = h(
      "aside",
      { class: "error-side", "aria-label": "Numbers" },
      this.head.numbers,
      this.parts.map((part) => part.node),
    );
    fill(
      view.root,
      h("div", { class: "error" }, this.head.node, h("div", { class: "error-columns" }, main, side)),
    );
  }

  /** Goes to the error that this one, or its event, is part of. */
  leave(id, query = "") {
    return this.view.go(`/errors/${id}${query}`, "replace");
  }

  showEvent(event) {
    const raw = () => JSON.stringify(event, null, 2);
    const parts = [
      () => !event.whole && h("p", { class: "note" }, LEFT_OUT),
      () => stack(event),
      () => breadcrumbs(event),
      () => request(event),
      () => about(event),
      () => free("Contexts", event.contexts),
      () => free("Extra", event.extra),
      () => free("Libraries", event.modules),
      () => notes(event),
      () => stored(raw, () => summary(this.error, event)),
    ];
    fill(this.event, parts.map(alone));
  }

  keys() {
    const tell = (run) => () => Promise.resolve(run()).catch(complain);
    keys(
      "This error",
      [
        { key: "e", does: "Resolve, or reopen", run: tell(() => this.actions.toggle()) },
        { key: "i", does: "Ignore", run: () => this.actions.askUntil() },
        { key: "m", does: "Merge others into it", run: tell(() => this.actions.askMerge()) },
        { key: "j", does: "Older event", run: tell(this.steps.older) },
        { key: "k", does: "Newer event", run: tell(this.steps.newer) },
        { key: "b", does: "Back to the list", run: () => this.view.go(lastList()) },
      ],
      this.view.signal,
    );
  }

  /** Numbers follow what happens; the event that is being read stays. */
  listen() {
    const { signal } = this.view;
    const refresh = live.paced(PACE, () => this.refresh().catch(complain), signal);
    live.on(
      "errors",
      (message) => {
        const regressed = message.regressed.find((error) => error.id === this.error.id);
        const told = regressed ?? message.changed.find((error) => error.id === this.error.id);
        if (!told) return;
        const { count, users_affected, last_seen, status } = told;
        const isSettled = status === this.error.status;
        Object.assign(this.error, { count, users_affected, last_seen, status });
        this.head.countOn(this.error);
        // It came back, and its history tells how.
        if (!isSettled) refresh();
      },
      signal,
    );
    live.on("refresh", refresh, signal);
  }

  /** Shows what a change has made of the error, and then what came of it besides. */
  changed() {
    this.head.show(this.error);
    this.actions.show();
    return this.refresh().catch(complain);
  }

  /** Looks at what became of the error: its state, what can be done about it, and what was done. */
  async refresh() {
    const { signal } = this.view;
    if (signal.aborted) return;
    const fresh = await get(`/api/errors/${this.error.id}`, {}, signal).catch((failure) => {
      if (!signal.aborted) throw failure;
    });
    if (!fresh || signal.aborted) return;
    // Somebody merged it into another.
    if (fresh.id !== this.error.id) return this.leave(fresh.id);
    Object.assign(this.error, fresh);
    this.head.show(this.error);
    this.actions.show();
    await this.activity.load();
  }
}

/** What can't be shown of an event leaves the rest of it as it is. */
function alone(make) {
  try {
    return make();
  } catch (failure) {
    return h("section", { class: "card" }, failed(failure));
  }
}

function stored(raw, summarise) {
  return h(
    "section",
    { class: "card" },
    h(
      "header",
      { class: "card-head" },
      h("h2", {}, "As it is stored"),
      copy("Copy JSON", raw),
      copy("Copy summary", summarise),
    ),
    h(
      "details",
      {},
      h("summary", {}, "Show the event as JSON"),
      h("pre", { class: "raw", tabindex: "0" }, raw()),
    ),
  );
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
