// The rows of the list of errors: how one looks, and what happens to one that is shown.

import { fill, h } from "../ui/h.js";
import { count, full, short } from "../ui/format.js";
import { ago, move } from "../ui/time.js";
import { plain, status } from "../ui/badge.js";
import { sparkline } from "../ui/chart.js";
import { USUAL, one } from "./filter.js";

/** The spans of time that the pictures of rows can show: as the API, a filter and a reader name them. */
export const GRAPHS = [
  ["day", "24h", "24 hours"],
  ["fortnight", "14d", "14 days"],
];

/** A row that is shown. */
export class Row {
  /** @param {(row: Row, event: Event) => void} picked is told when its box is ticked */
  constructor(error, picked) {
    this.error = error;
    this.box = h("input", {
      type: "checkbox",
      "aria-label": `Select ${error.title}`,
      onclick: (event) => picked(this, event),
    });
    this.link = h("a", { class: "row-title", href: `/errors/${error.id}` }, error.title);
    this.state = h("span", { class: "row-state" }, marks(error));
    this.count = h("span", { class: "row-number" });
    this.users = h("span", { class: "row-number" });
    this.number();
    this.seen = ago(error.last_seen, "row-seen");
    this.picture = h("span", { class: "row-picture" });
    this.node = h(
      "li",
      { class: `row edge-${error.level}`, "data-status": error.status },
      h("label", { class: "row-box" }, this.box),
      h(
        "div",
        { class: "row-what" },
        h("div", { class: "row-head" }, this.link, this.state),
        h("div", { class: "row-where" }, where(error)),
      ),
      this.picture,
      this.count,
      this.users,
      h(
        "div",
        { class: "row-times" },
        this.seen,
        h("span", { class: "quiet" }, "first ", ago(error.first_seen)),
      ),
      h("span", { class: "row-who", title: "Assigned to" }, error.assigned_to ?? ""),
    );
  }

  get isPicked() {
    return this.box.checked;
  }

  pick(picked) {
    this.box.checked = picked;
    this.node.classList.toggle("picked", picked);
  }

  /** Shows how often it happened, bucket by bucket. */
  draw(counts, graph) {
    Object.assign(this, { counts, graph });
    const sum = counts.reduce((before, each) => before + each, 0);
    const bucket = graph[0] === "day" ? "an hour" : "a day";
    const title = `Last ${graph[2]}: ${full(sum)} events, up to ${full(Math.max(...counts))} ${bucket}`;
    this.picture.replaceChildren(sparkline(counts, title));
  }

  /** What happens now belongs to the last bucket. */
  grow(by) {
    if (!this.counts || by <= 0) return;
    this.draw([...this.counts.slice(0, -1), this.counts.at(-1) + by], this.graph);
  }

  /** Shows another state, in its place. */
  become(state) {
    this.error.status = state;
    this.node.dataset.status = state;
    this.state.replaceChildren(...marks(this.error));
  }

  /** Shows how often it happened, and to how many; where there are no columns, words say which is which. */
  number() {
    const show = (node, number, word) => {
      node.title = count(number, word);
      const words = number === 1 ? word : `${word}s`;
      fill(node, short(number), h("span", { class: "row-word" }, ` ${words}`));
    };
    show(this.count, this.error.count, "event");
    show(this.users, this.error.users_affected, "user");
  }

  /** It was resolved, and came back. */
  comeBack(numbers) {
    this.error.regressed = true;
    this.countOn(numbers);
    this.become(numbers.status);
  }

  /** Shows other numbers, in its place. */
  countOn({ count: events, users_affected, last_seen, status: state }) {
    this.grow(events - this.error.count);
    Object.assign(this.error, { count: events, users_affected, last_seen });
    this.number();
    move(this.seen, last_seen);
    if (state !== this.error.status) this.become(state);
  }
}

function marks(error) {
  return [
    error.status !== "unresolved" && status(error.status),
    error.regressed && plain("regressed", "It came back after it was resolved"),
  ].filter(Boolean);
}

/** Where it happened. A click looks for the same; keys have the filter for that. */
function where(error) {
  const others = [
    ["source", error.source],
    ["env", error.environment],
    ["release", error.release],
  ];
  const links = others
    .filter(([, value]) => value)
    .map(([name, value]) => {
      const filter = encodeURIComponent(`${USUAL} ${one(name, value)}`);
      return h("a", { href: `/errors?q=${filter}`, tabindex: "-1", title: `Look for this ${name}` }, value);
    });
  return [error.culprit && h("span", { class: "row-culprit" }, error.culprit), links];
}
