// One rule, or a new one: a form and the condition as text side by side, and what it would have done
// over the past.

import { get, post, put, remove } from "../api.js";
import { may } from "../session.js";
import { fill, h } from "../ui/h.js";
import { count, measured } from "../ui/format.js";
import { empty, loading } from "../ui/states.js";
import { button, busy } from "../ui/button.js";
import { line } from "../ui/chart.js";
import { confirm, field } from "../ui/dialog.js";
import { SEVERITIES } from "../ui/badge.js";
import { ago } from "../ui/time.js";
import { toast } from "../ui/toast.js";
import { METRICS, OPERATORS, leavesOpen, parts, text } from "../alerts/condition.js";
import { isAcross, nameOf, names, projectOfNew } from "../project/names.js";

const CHANNELS = ["email", "slack", "webhook", "sms"];
const PERIODS = [
  ["6h", "6 hours"],
  ["24h", "24 hours"],
  ["7d", "7 days"],
];

/** The preview follows what is written, after a moment's rest. */
const REST = 500;

const NEW = {
  name: "",
  condition: "error_count > 50 in 5m",
  threshold: 50,
  time_window: "5m",
  enabled: true,
  notifications: [],
  severity: "medium",
  cooldown: 0,
  muted_until: null,
  create_incident: false,
};

export default async function rule(view) {
  const named = view.params[0];
  const isNew = named === "new";
  if (isNew && !may("write")) {
    const why = h("p", { class: "quiet" }, "That needs a key with the permission write.");
    return fill(view.root, empty("You can read rules, and make none.", why));
  }
  const found = isNew ? { ...NEW, project_id: projectOfNew() } : await find(named, view.signal);
  view.name(found.name || "New rule");
  const known = isAcross() ? await names(view.signal) : null;
  const page = new Page(view, found, known && nameOf(known, found.project_id));
  return page.preview();
}

async function find(id, signal) {
  const { rules } = await get("/api/alerts/rules", {}, signal);
  const found = rules.find((each) => each.id === id);
  if (!found) throw new Error("There is no such rule; it may have been deleted");
  return found;
}

class Page {
  /** @param {?string} project its name, where it could be any */
  constructor(view, found, project) {
    Object.assign(this, { view, found, project, id: found.id ?? null, period: "24h", timer: null });
    this.path = `/api/alerts/rules/${this.id}`;
    this.scope = { project_id: found.project_id };
    const changed = () => this.later();
    this.name = h("input", { name: "name", value: found.name, required: true, maxlength: "200" });
    this.condition = h("textarea", {
      name: "condition",
      rows: "3",
      maxlength: "2000",
      spellcheck: "false",
      class: "mono",
      required: true,
      value: found.condition,
      oninput: () => {
        this.readCondition();
        changed();
      },
    });
    this.choices = h("div", { class: "choices" });
    // What a condition may leave open.
    this.threshold = h("input", {
      type: "number",
      step: "any",
      value: String(found.threshold),
      oninput: changed,
    });
    this.window = h("input", { value: found.time_window, size: "6", oninput: changed });
    this.severity = select(
      SEVERITIES.map((name) => [name, name]),
      found.severity,
    );
    this.cooldown = h("input", {
      type: "number",
      min: "0",
      max: "2592000",
      value: String(found.cooldown),
    });
    this.enabled = h("input", { type: "checkbox", checked: found.enabled });
    this.incident = h("input", { type: "checkbox", checked: found.create_incident });
    this.channels = CHANNELS.map((name) =>
      h("input", { type: "checkbox", value: name, checked: found.notifications.includes(name) }),
    );
    this.said = h("p", { class: "form-error", role: "alert" });
    this.chart = h("div", { class: "preview", role: "status" }, loading(5));
    this.build();
    this.readCondition();
  }

  build() {
    const { found, id } = this;
    const submit = h("button", { class: "primary", disabled: !may("write") }, id ? "Save" : "Make the rule");
    const period = select(PERIODS, this.period);
    period.setAttribute("aria-label", "The past that is looked at");
    period.addEventListener("change", () => {
      this.period = period.value;
      this.preview();
    });
    fill(
      this.view.root,
      h(
        "header",
        { class: "page-head" },
        h("h1", {}, found.name || "New rule"),
        this.project && h("span", { class: "badge" }, this.project),
        id && h("a", { href: `/alerts?show=firings` }, "Firings"),
        found.last_triggered && h("span", { class: "quiet" }, "fired ", ago(found.last_triggered)),
      ),
      h(
        "form",
        { class: "rule form", onsubmit: (event) => this.save(event, submit) },
        h(
          "section",
          { class: "card" },
          h("h2", {}, "When"),
          h(
            "div",
            { class: "rule-condition" },
            this.choices,
            field(
              "As text",
              this.condition,
              'METRIC OP VALUE in WINDOW, then: where level = error and source = "x", per error',
            ),
          ),
          this.said,
        ),
        h(
          "section",
          { class: "card" },
          h("header", { class: "card-head" }, h("h2", {}, "What it would have done"), period),
          this.chart,
        ),
        h(
          "section",
          { class: "card" },
          h("h2", {}, "Then"),
          field("Name", this.name),
          field("Severity", this.severity),
          field("Rest after a firing, in seconds", this.cooldown),
          h(
            "fieldset",
            {},
            h("legend", {}, "Tell by"),
            this.channels.map((box, index) => h("label", { class: "check" }, box, CHANNELS[index])),
          ),
          h("label", { class: "check" }, this.incident, "Open an incident"),
          h("label", { class: "check" }, this.enabled, "Switched on"),
          may("write") &&
            h(
              "div",
              { class: "form-buttons" },
              id && this.muting(),
              id && button("Delete…", async () => this.drop()),
              submit,
            ),
        ),
      ),
    );
  }

  /** Shows the condition's parts as choices, where it is one that choices can say. */
  readCondition() {
    const known = parts(this.condition.value);
    if (!known)
      return fill(
        this.choices,
        h("p", { class: "quiet" }, "This condition says more than choices can; write it as text."),
        this.openFields(),
      );
    const open = leavesOpen(this.condition.value);
    const write = () => {
      this.condition.value = text({
        metric: metric.value,
        operator: operator.value,
        value: open.threshold ? known.value : value.value,
        window: open.time_window ? known.window : time.value,
        rest: known.rest,
      });
      this.later();
    };
    const metric = select(METRICS, known.metric);
    const operator = select(
      OPERATORS.map((name) => [name, name]),
      known.operator,
    );
    const value = h("input", { type: "number", value: known.value, step: "any" });
    const time = h("input", { value: known.window, size: "6" });
    const own = [metric, operator, !open.threshold && value, !open.time_window && time].filter(Boolean);
    for (const input of own) input.addEventListener("input", write);
    return fill(
      this.choices,
      field("Metric", metric),
      field("Is", operator),
      !open.threshold && field("Value", value),
      !open.time_window && field("Within", time),
      this.openFields(),
    );
  }

  /** What the condition leaves open is said in fields of its own. */
  openFields() {
    const open = leavesOpen(this.condition.value);
    return [
      open.threshold && field("Threshold", this.threshold),
      open.time_window && field("Time window", this.window, "such as 5m or 2 hours"),
    ];
  }

  /** The condition, and what it leaves open. */
  watched() {
    const open = leavesOpen(this.condition.value);
    const threshold = this.threshold.valueAsNumber;
    return {
      condition: this.condition.value,
      threshold: open.threshold && !Number.isNaN(threshold) ? threshold : undefined,
      time_window: open.time_window ? this.window.value.trim() : undefined,
    };
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.preview(), REST);
  }

  async preview() {
    const asked = { ...this.watched(), period: this.period };
    this.asked = asked;
    const isLate = () => this.view.signal.aborted || this.asked !== asked;
    this.chart.setAttribute("aria-busy", "true");
    try {
      const played = await post("/api/alerts/rules/test", asked, this.scope);
      if (isLate()) return;
      fill(this.said);
      fill(this.chart, show(played));
    } catch (failure) {
      if (isLate()) return;
      // What another condition would have done says nothing about this one.
      fill(this.said, failure.message);
      fill(this.chart, h("p", { class: "quiet" }, "There is nothing to show for this condition."));
    }
    this.chart.removeAttribute("aria-busy");
  }

  async save(event, submit) {
    event.preventDefault();
    const body = {
      name: this.name.value,
      ...this.watched(),
      severity: this.severity.value,
      cooldown: Number(this.cooldown.value),
      enabled: this.enabled.checked,
      create_incident: this.incident.checked,
      notifications: this.channels.filter((box) => box.checked).map((box) => box.value),
    };
    try {
      await busy(submit, () =>
        this.id ? put(this.path, body, this.scope) : post("/api/alerts/rules", body, this.scope),
      );
      toast("Saved");
      this.view.go("/alerts");
    } catch (failure) {
      fill(this.said, failure.message);
    }
  }

  muting() {
    const isMuted = this.found.muted_until && Date.parse(this.found.muted_until) > Date.now();
    const until = isMuted ? null : new Date(Date.now() + 3_600_000).toISOString();
    return button(isMuted ? "Unmute" : "Mute for an hour", async () => {
      await put(this.path, { muted_until: until }, this.scope);
      toast(isMuted ? "Unmuted" : "Muted for an hour");
      this.view.go(location.pathname, "replace");
    });
  }

  drop() {
    confirm(`Delete ${this.found.name}?`, "Its firings end and stay as history.", "Delete", async () => {
      await remove(this.path, this.scope);
      this.view.go("/alerts");
    });
  }
}

function select(options, chosen) {
  return h(
    "select",
    {},
    options.map(([value, label]) => h("option", { value, selected: value === chosen }, label)),
  );
}

function show(played) {
  const said = `It would have fired ${count(played.fired, "time")}${played.firing ? ", and would be firing now" : ""}.`;
  if (played.errors.length > 0) {
    return [
      h("p", {}, said),
      h(
        "ul",
        { class: "lines" },
        played.errors.map((error) =>
          h(
            "li",
            {},
            h("a", { href: `/errors/${error.id}` }, error.title),
            h("span", { class: "quiet" }, count(error.fired, "firing")),
          ),
        ),
      ),
    ];
  }
  if (played.series.length === 0) return h("p", { class: "quiet" }, said);
  const points = played.series.map((point) => ({ time: point.timestamp, value: point.value }));
  return [
    h("p", {}, said),
    line(points, `Measured, against ${measured(played.threshold)}`, { threshold: played.threshold }),
  ];
}
