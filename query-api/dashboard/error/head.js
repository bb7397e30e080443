// What stands above an error and beside it: what it is, its state and its numbers. Each changes in its
// place, so that whoever stands on something, or marks it, is not disturbed by what happens meanwhile.

import { fill, h } from "../ui/h.js";
import { full } from "../ui/format.js";
import { ago, move } from "../ui/time.js";
import { level, plain, status } from "../ui/badge.js";
import { facts } from "../ui/table.js";
import { lastList } from "../errors/place.js";
import { nameOf, names } from "../project/names.js";

/** The head of an error's page. */
export class Head {
  /** @param {Node} actions what can be done about it */
  constructor(error, actions) {
    this.level = h("span", {});
    this.title = h("h1", {});
    this.state = h("span", { class: "row-state" });
    this.where = h("p", { class: "row-where" });
    this.message = h("div", {});
    this.count = h("span", {});
    this.users = h("span", {});
    this.seen = ago(error.last_seen);
    this.numbers = h("div", { class: "card" });
    this.project = h("span", {}, nameOf(new Map(), error.project_id));
    names().then((known) => fill(this.project, nameOf(known, error.project_id)));
    /** What was put where, as text. */
    this.known = new Map();
    this.node = h(
      "div",
      { class: "error-head" },
      h("a", { class: "quiet back", href: lastList() }, "← Errors"),
      h("div", { class: "error-title" }, this.level, this.title, this.state),
      this.where,
      this.message,
      actions,
    );
    this.show(error);
  }

  /** Shows the error as it is now. */
  show(error) {
    const { title, culprit, source, message } = error;
    this.put(this.level, [error.level], () => level(error.level));
    this.put(this.title, [title], () => title);
    this.put(this.where, [culprit, source], () => [
      culprit && h("span", { class: "row-culprit" }, culprit),
      h("span", {}, source),
    ]);
    this.put(
      this.message,
      [title, message],
      () => !title.endsWith(message) && h("p", { class: "error-message", tabindex: "0" }, message),
    );
    this.showFacts(error);
    this.countOn(error);
  }

  /** Shows its state, and how often it happened, as it is told live. */
  countOn(error) {
    this.put(this.state, [error.status, error.regressed], () => [
      status(error.status),
      error.regressed && plain("regressed", "It came back after it was resolved"),
    ]);
    this.put(this.count, [error.count], () => full(error.count));
    this.put(this.users, [error.users_affected], () => full(error.users_affected));
    move(this.seen, error.last_seen);
  }

  showFacts(error) {
    const { first_seen, release, environment, resolved_at, assigned_to, fingerprint } = error;
    const told = [first_seen, release, environment, resolved_at, assigned_to, fingerprint];
    this.put(this.numbers, told, () =>
      facts([
        ["Events", this.count],
        ["Users", this.users],
        ["First seen", ago(first_seen)],
        ["Last seen", this.seen],
        ["Release", release],
        ["Environment", environment],
        ["Resolved", resolved_at && ago(resolved_at)],
        ["Assigned to", assigned_to],
        ["Project", this.project],
        ["Fingerprint", fingerprint && h("code", { class: "long" }, fingerprint)],
      ]),
    );
  }

  /** Puts something in its place, unless the same stands there. */
  put(place, told, content) {
    const text = JSON.stringify(told);
    if (this.known.get(place) === text) return;
    this.known.set(place, text);
    fill(place, content());
  }
}
