// One incident: what is known, who works on it, its timeline, and the firings that belong to it.

import { get, put } from "../api.js";
import * as live from "../live.js";
import { current, may } from "../session.js";
import { fill, h, refill } from "../ui/h.js";
import { ago, at } from "../ui/time.js";
import { SEVERITIES, plain, severity } from "../ui/badge.js";
import { busy, button } from "../ui/button.js";
import { field } from "../ui/dialog.js";
import { changes } from "../ui/changes.js";
import { facts, table } from "../ui/table.js";
import { complain, toast } from "../ui/toast.js";
import { COURSE, RULE, errorsColumn } from "../alerts/columns.js";

const STATUSES = ["investigating", "identified", "monitoring", "resolved"];

/** What happens is looked at no more often. */
const PACE = 1_000;

export default async function incident(view) {
  const page = new Page(view);
  await page.load();
  const again = live.paced(PACE, () => page.load().catch(complain), view.signal);
  live.on("incident", (message) => message.id === page.found.id && again(), view.signal);
}

class Page {
  constructor(view) {
    this.view = view;
    this.path = `/api/alerts/incidents/${encodeURIComponent(view.params[0])}`;
    this.head = h("header", { class: "page-head" });
    this.main = h("div", { class: "error-main" });
    this.facts = h("section", { class: "card" });
    this.change = may("write") ? new Change((body) => this.save(body)) : null;
  }

  /** Shows the incident as it is now; what is being written stays. */
  async load() {
    const { signal, root } = this.view;
    const found = await get(this.path, {}, signal).catch((failure) => {
      if (!signal.aborted || !this.found) throw failure;
    });
    if (!found || signal.aborted) return;
    const isFirst = !this.found;
    this.found = found;
    this.errors ??= await errorsColumn(signal);
    this.view.name(found.title);
    refill(this.head, severity(found.severity), h("h1", {}, found.title), plain(found.status));
    refill(
      this.main,
      found.description &&
        h(
          "section",
          { class: "card" },
          h("h2", {}, "What is known"),
          h("p", { class: "pre-line" }, found.description),
        ),
      h("section", { class: "card" }, h("h2", {}, "Timeline"), timeline(found.history)),
      h("section", { class: "card" }, h("h2", {}, "Firings"), firings(found.firings, this.errors)),
    );
    fill(this.facts, known(found));
    this.change?.show(found);
    if (!isFirst) return;
    const side = h("aside", { class: "error-side", "aria-label": "State" }, this.facts, this.change?.node);
    fill(root, this.head, h("div", { class: "error-columns" }, this.main, side));
  }

  /** Changes the fields that are given, with the way back. */
  async save(body) {
    const before = Object.fromEntries(Object.keys(body).map((name) => [name, this.found[name]]));
    const undo = async () => {
      await put(this.path, before);
      toast("Took it back");
      await this.load();
    };
    await put(this.path, body);
    toast("Saved", { undo });
    await this.load();
  }
}

function known(found) {
  return facts([
    ["Opened", ago(found.created_at)],
    ["Changed", ago(found.updated_at)],
    ["Resolved", found.resolved_at && at(found.resolved_at)],
    ["Assigned to", found.assigned_to],
    ["Rule", found.rule_id && h("a", { href: `/alerts/${found.rule_id}` }, "the rule that opened it")],
  ]);
}

/** The form. What others change meanwhile comes into fields that nobody has touched. */
class Change {
  /** @param {(body: Object<string, ?string>) => Promise<void>} save is given the fields that were changed */
  constructor(save) {
    this.save = save;
    const options = (all) => all.map((name) => h("option", { value: name }, name));
    this.inputs = {
      status: h("select", { name: "status" }, options(STATUSES)),
      severity: h("select", { name: "severity" }, options(SEVERITIES)),
      assigned_to: h("input", { name: "assigned_to", maxlength: "200" }),
      description: h("textarea", { name: "description", rows: "5", maxlength: "8000" }),
    };
    this.shown = {};
    this.said = h("p", { class: "form-error", role: "alert" });
    this.take = h("span", {});
    this.submit = h("button", { class: "primary" }, "Save");
    const { status, severity: how, assigned_to, description } = this.inputs;
    this.node = h(
      "section",
      { class: "card" },
      h("h2", {}, "Change"),
      h(
        "form",
        { class: "form", onsubmit: (event) => this.sent(event) },
        field("Status", status),
        field("Severity", how),
        field("Assigned to", assigned_to),
        field("What is known", description),
        this.said,
        h("div", { class: "form-buttons" }, this.take, this.submit),
      ),
    );
  }

  show(found) {
    for (const [name, input] of Object.entries(this.inputs)) {
      const isTouched = name in this.shown && input.value !== this.shown[name];
      if (!isTouched) input.value = found[name] ?? "";
      // As the field holds it: line ends are the browser's.
      this.shown[name] = isTouched ? (found[name] ?? "").replaceAll("\r\n", "\n") : input.value;
    }
    const { name } = current();
    const take = () => this.save({ assigned_to: name });
    refill(this.take, found.assigned_to !== name && button("Take it", take, { "data-at": "take" }));
  }

  async sent(event) {
    event.preventDefault();
    fill(this.said);
    const changed = Object.entries(this.inputs).filter(([name, { value }]) => value !== this.shown[name]);
    if (changed.length === 0) return;
    const body = Object.fromEntries(changed.map(([name, { value }]) => [name, value.trim() || null]));
    const save = async () => {
      await this.save(body);
      // Blanks at the ends are left out.
      for (const [name, input] of changed) input.value = this.shown[name];
    };
    await busy(this.submit, save).catch((failure) => fill(this.said, failure.message));
  }
}

/** What tells people something: no ids, and nothing that is not known. */
const telling = (details) =>
  Object.fromEntries(
    Object.entries(details).filter(([name, value]) => value !== null && name !== "at" && !name.endsWith("_id")),
  );

function timeline(history) {
  return h(
    "ol",
    { class: "crumbs" },
    history.map((entry) =>
      h(
        "li",
        { class: `crumb crumb-${entry.kind === "fired" ? "error" : "info"}` },
        at(entry.at, "crumb-time"),
        h("span", { class: "crumb-category" }, entry.kind.replaceAll("_", " ")),
        h(
          "div",
          { class: "crumb-message" },
          h("span", {}, entry.actor),
          changes(telling(entry.details)),
        ),
      ),
    ),
  );
}

function firings(all, errors) {
  if (all.length === 0) return h("p", { class: "quiet" }, "No rule fired for it.");
  return table([RULE, errors, ...COURSE], all, "Firings");
}
