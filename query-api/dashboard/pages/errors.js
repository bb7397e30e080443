// The list of errors: a filter as text and as clicks, rows that are settled by mouse and by keys, and
// what arrives meanwhile, announced without moving what is being read.

import { fill, h, refill } from "../ui/h.js";
import { count, full } from "../ui/format.js";
import { keys } from "../ui/keyboard.js";
import { complain } from "../ui/toast.js";
import { LEVELS } from "../ui/badge.js";
import { button } from "../ui/button.js";
import { get } from "../api.js";
import * as live from "../live.js";
import { may } from "../session.js";
import { USUAL, has, mayMatch, read, toggle } from "../errors/filter.js";
import { change } from "../errors/changes.js";
import { merge, staying } from "../errors/merging.js";
import { GRAPHS } from "../errors/rows.js";
import { remember } from "../errors/place.js";
import { List } from "../errors/list.js";

const SORTS = [
  ["last_seen", "Last seen"],
  ["first_seen", "First seen"],
  ["count", "Events"],
  ["users", "Users"],
];
const STATES = [
  ["unresolved", "Unresolved"],
  ["resolved", "Resolved"],
  ["ignored", "Ignored"],
  ["regressed", "Came back"],
];
const SPANS = ["1h", "24h", "7d", "30d"];

/** How long a wave of changes that we made ourselves may take to come back as news. */
const OWN_ECHO = 3_000;

export default async function errors(view) {
  const page = new Page(view);
  page.keys();
  page.listen();
  await page.ask();
  await page.list.reach(view.left?.scroll ?? 0);
}

class Page {
  constructor(view) {
    this.view = view;
    this.text = view.query.get("q")?.trim() ?? USUAL;
    this.sort = view.query.get("sort") ?? "last_seen";
    this.list = new List(view.signal, () => this.tell());
    this.list.graph = GRAPHS.find(([, name]) => name === view.query.get("graph")) ?? this.list.graph;
    this.news = new Set();
    this.ownUntil = 0;
    this.build();
  }

  build() {
    this.input = h("input", {
      type: "search",
      class: "filter-text",
      value: this.text,
      spellcheck: "false",
      autocomplete: "off",
      "aria-label": "Filter",
      "aria-describedby": "filter-problem",
      placeholder: 'is:unresolved level:error release:1.2 "timeout"',
    });
    const offer = async () => {
      const { suggest } = await import("../errors/suggestions.js");
      await suggest(this.input, this.view.signal);
    };
    this.input.addEventListener("focus", () => offer().catch(complain), { once: true });
    this.problem = h("p", { id: "filter-problem", class: "form-error", role: "alert" });
    this.chips = h("div", { class: "chips" });
    this.all = h("input", {
      type: "checkbox",
      "aria-label": "Select all that are shown",
      onclick: () => this.list.pickAll(this.all.checked),
    });
    this.said = h("span", { class: "list-said", role: "status" });
    this.acts = h("span", { class: "list-acts" });
    this.bar = h(
      "div",
      { class: "list-bar" },
      h("label", { class: "row-box" }, this.all),
      this.said,
      this.acts,
    );
    this.banner = h("div", { class: "banner-place", "aria-live": "polite" });
    const submitted = (event) => {
      event.preventDefault();
      this.filter(this.input.value);
    };
    fill(
      this.view.root,
      h("h1", { class: "hidden" }, "Errors"),
      h(
        "form",
        { class: "filter", role: "search", onsubmit: submitted },
        this.input,
        h("button", {}, "Filter"),
      ),
      this.problem,
      this.chips,
      this.bar,
      this.banner,
      this.head(),
      this.list.node,
      this.list.more,
    );
  }

  head() {
    const cells = ["", "Error", "Over time", "Events", "Users", "Seen", "Assigned"];
    return h(
      "div",
      { class: "row row-heads", "aria-hidden": "true" },
      cells.map((cell) => h("span", {}, cell)),
    );
  }

  /** Asks for what the filter says. */
  async ask() {
    // A change may be taken back from another page.
    if (this.view.signal.aborted) return;
    remember();
    this.news.clear();
    fill(this.banner);
    const { query, problems } = read(this.text);
    fill(this.problem, problems.join("; "));
    this.showChips();
    if (problems.length === 0) await this.list.ask({ ...query, sort: this.sort });
  }

  filter(text) {
    this.text = text.trim();
    this.input.value = this.text;
    // Back takes the last filter away again.
    this.view.restate(
      {
        q: this.text === USUAL ? "" : this.text || " ",
        sort: this.sort === "last_seen" ? "" : this.sort,
      },
      "push",
    );
    this.ask().catch(complain);
  }

  /** Shows the clicks beside the text; whoever stands on one stays on it. */
  showChips() {
    const chip = (name, value, label) =>
      h(
        "button",
        {
          type: "button",
          class: "chip",
          "data-at": `${name}:${value}`,
          "aria-pressed": String(has(this.text, name, value)),
          onclick: () => this.filter(toggle(this.text, name, value)),
        },
        label,
      );
    const sorts = h(
      "select",
      {
        "aria-label": "Order",
        "data-at": "order",
        onchange: (event) => {
          this.sort = event.target.value;
          this.filter(this.text);
        },
      },
      SORTS.map(([value, label]) => h("option", { value, selected: value === this.sort }, label)),
    );
    refill(
      this.chips,
      h(
        "span",
        { class: "chip-group" },
        STATES.map(([value, label]) => chip("is", value, label)),
      ),
      h(
        "span",
        { class: "chip-group" },
        LEVELS.map((value) => chip("level", value, value)),
      ),
      h(
        "span",
        { class: "chip-group" },
        SPANS.map((value) => chip("seen", value, value)),
      ),
      h("span", { class: "chip-group sort" }, h("span", {}, "Graph "), this.graphs()),
      h("label", {}, h("span", { class: "quiet" }, "Order "), sorts),
    );
  }

  graphs() {
    const show = (graph) => {
      this.list.show(graph);
      this.view.restate({ graph: graph === GRAPHS[1] ? "" : graph[1] });
      this.showChips();
    };
    return GRAPHS.map((graph) =>
      h(
        "button",
        {
          type: "button",
          class: "chip",
          "data-at": `graph:${graph[1]}`,
          "aria-pressed": String(graph === this.list.graph),
          onclick: () => show(graph),
        },
        graph[2],
      ),
    );
  }

  /** Shows what is picked and what can be done, in a bar that is always there. */
  tell() {
    const picked = this.list.all().filter((row) => row.isPicked);
    this.all.checked = picked.length > 0 && picked.length === this.list.rows.size;
    this.all.indeterminate = picked.length > 0 && !this.all.checked;
    const total = this.list.total;
    fill(
      this.said,
      picked.length > 0
        ? `${full(picked.length)} selected`
        : total &&
            `${full(total.number)}${total.capped ? "+" : ""} ${total.number === 1 ? "error" : "errors"}`,
    );
    const act = (action, label, key) =>
      button([label, " ", h("kbd", {}, key)], () => this.act(action), { "data-at": action });
    const isOffered = picked.length > 0 && may("write");
    const isHere = this.acts.contains(document.activeElement);
    refill(
      this.acts,
      isOffered && [
        act("resolve", "Resolve", "e"),
        act("ignore", "Ignore", "i"),
        act("unresolve", "Reopen", "o"),
        picked.length > 1 &&
          button(["Merge ", h("kbd", {}, "m")], () => this.merge(), { "data-at": "merge" }),
      ],
    );
    // Whoever did something by a button that is gone goes on beside it.
    if (isHere && !this.acts.contains(document.activeElement)) this.all.focus({ preventScroll: true });
  }

  async act(action) {
    const rows = this.list.picked();
    if (rows.length === 0 || !may("write")) return;
    this.ownUntil = Date.now() + OWN_ECHO;
    await change(
      rows.map((row) => row.error),
      action,
      (states) => {
        this.ownUntil = Date.now() + OWN_ECHO;
        this.list.become(states);
      },
    );
    for (const row of rows) row.pick(false);
    this.tell();
  }

  /** Makes those that are picked one error. */
  async merge() {
    const picked = this.list.all().filter((row) => row.isPicked);
    if (picked.length < 2 || !may("write")) return;
    const into = staying(picked.map((row) => row.error));
    const ids = picked.map((row) => row.error.id).filter((id) => id !== into.id);
    this.ownUntil = Date.now() + OWN_ECHO;
    await merge(into.id, ids, () => {
      this.ownUntil = Date.now() + OWN_ECHO;
      return this.ask();
    });
    for (const row of picked) row.pick(false);
    this.list.drop(ids);
    this.list.rows.get(into.id)?.countOn(await get(`/api/errors/${into.id}`, {}, this.view.signal));
    await this.list.draw([into.id]);
  }

  keys() {
    const { list } = this;
    const pick = () => {
      const row = list.here();
      row?.pick(!row.isPicked);
      if (row) list.pickTo(row, false);
    };
    const act = (action) => () => this.act(action).catch(complain);
    const changing = [
      { key: "x", does: "Select the error, or let it go", run: pick },
      { key: "e", does: "Resolve", run: act("resolve") },
      { key: "i", does: "Ignore", run: act("ignore") },
      { key: "o", does: "Reopen", run: act("unresolve") },
      { key: "m", does: "Merge the selected errors", run: () => this.merge().catch(complain) },
    ];
    keys(
      "Errors",
      [
        { key: "j", does: "Next error", run: () => list.step(1) },
        { key: "k", does: "Error before", run: () => list.step(-1) },
        ...(may("write") ? changing : []),
        { key: "/", does: "Write a filter", run: () => this.input.select() },
        { key: "r", does: "Show what has arrived", run: () => this.ask().catch(complain) },
      ],
      this.view.signal,
    );
  }

  /** Follows what happens: numbers change in their places, arrivals are counted. */
  listen() {
    const { signal } = this.view;
    live.on(
      "errors",
      (message) => {
        for (const error of [...message.new, ...message.regressed]) {
          if (!this.list.rows.has(error.id) && mayMatch(this.list.question ?? {}, error))
            this.news.add(error.id);
        }
        for (const error of message.new) this.list.rows.get(error.id)?.countOn(error);
        for (const error of message.regressed) this.list.rows.get(error.id)?.comeBack(error);
        for (const error of message.changed) this.list.rows.get(error.id)?.countOn(error);
        if (this.news.size > 0) this.announce(count(this.news.size, "new error"));
      },
      signal,
    );
    live.on("refresh", () => Date.now() > this.ownUntil && this.announce("The list has changed"), signal);
  }

  announce(text) {
    const show = async () => {
      window.scrollTo({ top: 0 });
      await this.ask();
      this.list.all()[0]?.link.focus({ preventScroll: true });
    };
    const props = { class: "banner", "data-at": "banner" };
    refill(this.banner, button(`${text} – show`, show, props));
  }
}
