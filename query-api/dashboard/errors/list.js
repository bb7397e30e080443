// The list of errors that is shown: pages that follow each other, what is picked, where the reader is,
// and what is told live about it.

import { get, lookedAt } from "../api.js";
import { isInstallation, may } from "../session.js";
import { fill, h } from "../ui/h.js";
import { empty, failed, loadingRows } from "../ui/states.js";
import { GRAPHS, Row } from "./rows.js";

/** Rows of the first page, which is to be there at once, and of those after it. */
const FIRST = 50;
const NEXT = 100;

/** The next page is asked for while this much of the list is still below. */
const AHEAD = "1000px";

/** Rows that stand in for those that are coming: as many as a window shows. */
const COMING = 14;

/** The API draws so many errors at once. */
const MOST = 100;

/** The list. `changed` is told when what is picked or shown has changed. */
export class List {
  constructor(signal, changed) {
    this.signal = signal;
    this.changed = changed;
    this.node = h("div", { class: "rows" });
    this.more = h("div", { class: "rows-end" });
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    this.total = null;
    this.lastPicked = null;
    this.graph = GRAPHS[1];
    const seen = (entries) => entries.some((it) => it.isIntersecting) && this.next();
    this.watcher = new IntersectionObserver(seen, { rootMargin: AHEAD });
    signal.addEventListener("abort", () => this.watcher.disconnect());
  }

  /** Shows the first page of a question. */
  async ask(query) {
    this.question = query;
    this.cursor = null;
    this.watcher.disconnect();
    if (this.rows.size === 0) fill(this.node, loadingRows(COMING));
    fill(this.more);
    this.node.classList.add("stale");
    await this.load(FIRST, () => this.clear());
  }

  /** Adds the next page. */
  async next() {
    if (!this.cursor || this.isLoading) return;
    await this.load(NEXT, () => {});
  }

  /** Adds pages until the list is so high, as it was when it was left. */
  async reach(height) {
    const isShort = () => document.documentElement.scrollHeight < height + window.innerHeight;
    while (this.cursor && isShort() && !this.signal.aborted) {
      const before = this.rows.size;
      await this.next();
      if (this.rows.size === before) return;
    }
  }

  async load(limit, prepare) {
    const asked = this.question;
    this.isLoading = true;
    try {
      const page = await get("/api/errors", { ...asked, limit, cursor: this.cursor }, this.signal);
      if (asked !== this.question) return;
      this.keepPlace(() => {
        prepare();
        this.add(page);
      });
    } catch (failure) {
      if (this.signal.aborted || asked !== this.question) return;
      // What was read before stays: the next page alone is missing.
      if (!this.cursor) this.clear();
      const again = () => (this.cursor ? this.next() : this.ask(asked));
      fill(this.more, failed(failure, again));
    } finally {
      if (asked === this.question) this.isLoading = false;
      this.node.classList.remove("stale");
    }
  }

  clear() {
    this.rows.clear();
    fill(this.node);
    this.lastPicked = null;
  }

  add(page) {
    const isAtEnd = this.more.contains(document.activeElement);
    // Of ten thousand rows a browser lays out the pages that are seen, and no others.
    const block = h("ol", { class: "rows-page", "aria-label": "Errors" });
    for (const error of page.errors) {
      if (this.rows.has(error.id)) continue;
      const row = new Row(error, (picked, event) => this.pickTo(picked, event.shiftKey));
      this.rows.set(error.id, row);
      block.append(row.node);
    }
    if (block.children.length > 0) this.node.append(block);
    this.cursor = page.next_cursor;
    this.total = { number: page.total, capped: page.total_capped };
    this.end();
    // Whoever asked for more by the button goes on with what has come.
    if (isAtEnd) block.querySelector(".row-title")?.focus({ preventScroll: true });
    this.changed();
    this.draw(page.errors.map((error) => error.id));
  }

  /** Shows another span of time in the pictures. */
  show(graph) {
    this.graph = graph;
    const ids = [...this.rows.keys()];
    for (let from = 0; from < ids.length; from += MOST) this.draw(ids.slice(from, from + MOST));
  }

  /** Rows are read before their pictures are there, and do without where these can't be had. */
  async draw(ids) {
    if (ids.length === 0) return;
    const { graph } = this;
    const query = { ids: ids.join(","), period: graph[0] };
    const series = await get("/api/errors/series", query, this.signal).catch(() => ({ errors: [] }));
    if (graph !== this.graph) return;
    for (const { id, counts } of series.errors) this.rows.get(id)?.draw(counts, graph);
  }

  /** Takes rows away: they are part of others now. */
  drop(ids) {
    this.keepPlace(() => {
      for (const id of ids) {
        this.rows.get(id)?.node.remove();
        this.rows.delete(id);
      }
    });
    if (this.total) this.total.number -= ids.length;
    this.changed();
  }

  /** Changes rows. The reader stays on the row, or comes to the one in its place. */
  keepPlace(run) {
    const here = this.here();
    const index = this.all().indexOf(here);
    run();
    if (!here || here.node.isConnected) return;
    const row = this.rows.get(here.error.id) ?? this.all()[Math.min(index, this.rows.size - 1)];
    row?.link.focus({ preventScroll: true });
  }

  /** Says that nothing matches, or to a newcomer that nothing was ever reported. */
  async nothing() {
    const asked = this.question;
    // Where this is not known, too, something is taken to be there.
    const all = await get("/api/errors", { limit: 1 }, this.signal).catch(() => ({ total: 1 }));
    if (asked !== this.question || this.rows.size > 0 || this.signal.aborted) return;
    fill(this.more, all.total === 0 ? untouched() : unmatched());
  }

  end() {
    if (this.rows.size === 0) {
      this.nothing();
    } else if (this.cursor) {
      this.watcher.disconnect();
      const more = h("button", { type: "button", onclick: () => this.next() }, "Show more");
      fill(this.more, more);
      this.watcher.observe(more);
    } else {
      fill(this.more);
    }
  }

  /** All rows, as they stand. */
  all() {
    return [...this.rows.values()];
  }

  /** The rows that are picked, or the one that the reader is at. */
  picked() {
    const picked = this.all().filter((row) => row.isPicked);
    const here = this.here();
    return picked.length > 0 || !here ? picked : [here];
  }

  /** The row that the reader is at. */
  here() {
    return this.all().find((row) => row.node.contains(document.activeElement)) ?? null;
  }

  /** Moves the reader by so many rows. */
  step(by) {
    const all = this.all();
    const at = all.indexOf(this.here());
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
    next?.link.focus();
    next?.node.scrollIntoView({ block: "nearest" });
  }

  /** Picks a row, or lets it go; with `through`, all from the one before. */
  pickTo(row, through) {
    const all = this.all();
    const [from, to] = [all.indexOf(this.lastPicked), all.indexOf(row)];
    const range = through && from >= 0 ? all.slice(Math.min(from, to), Math.max(from, to) + 1) : [row];
    for (const each of range) each.pick(row.isPicked);
    this.lastPicked = row;
    this.changed();
  }

  /** Picks all rows that are shown, or none. */
  pickAll(picked) {
    for (const row of this.all()) row.pick(picked);
    this.changed();
  }

  /** Shows new states in their places. */
  become(states) {
    for (const [id, state] of states) this.rows.get(id)?.become(state);
    this.changed();
  }
}

const unmatched = () =>
  empty("No errors match.", h("p", { class: "quiet" }, "Widen the filter, or enjoy the silence."));

/** What whoever may see projects does first. */
function untouched() {
  const address = lookedAt() ? `/projects/${lookedAt()}` : "/projects";
  const how =
    isInstallation() && may("admin")
      ? h("a", { class: "button primary", href: address }, "Connect a program")
      : h("p", { class: "quiet" }, "Errors appear here once a program reports them.");
  return empty("Nothing has been reported yet.", how);
}
