// One project: how to connect a program, whether errors arrive, and its settings.

import { get, put, remove } from "../api.js";
import { fill, h, refill } from "../ui/h.js";
import { ago } from "../ui/time.js";
import { busy, button, copy } from "../ui/button.js";
import { confirm, field } from "../ui/dialog.js";
import { facts, table } from "../ui/table.js";
import { toast } from "../ui/toast.js";
import * as live from "../live.js";
import { panel } from "../ui/panel.js";
import { failed } from "../ui/states.js";
import { rules } from "../project/rules.js";
import { sanitising } from "../project/sanitising.js";
import { SNIPPETS } from "../project/snippets.js";
import { tryOut } from "../project/trial.js";

/** Whether errors arrive is looked at no more often, however many do. */
const PACE = 3_000;

export default async function project(view) {
  const id = Number(view.params[0]);
  const { projects } = await get("/api/projects", { project_id: null }, view.signal);
  const found = projects.find((each) => each.id === id);
  if (!found) throw new Error(`There is no project ${view.params[0]}`);
  view.name(found.name);
  const arrived = h("div", {});
  const look = () =>
    showArrived(arrived, found, view.signal).catch((failure) => {
      if (!view.signal.aborted) fill(arrived, failed(failure, look));
    });
  const own = [
    panel("card", h("h2", {}, "Rules"), () => rules(id, view.signal), 14),
    panel("card", h("h2", {}, "What is masked"), () => sanitising(id, view.signal), 14),
  ];
  fill(
    view.root,
    h(
      "header",
      { class: "page-head" },
      h("h1", {}, found.name),
      h("a", { href: `/errors?project=${id}` }, "Errors of this project"),
    ),
    h(
      "ol",
      { class: "setup" },
      step(
        "dsn",
        "The DSN",
        [
          h(
            "p",
            { class: "quiet" },
            "Programs know by it where to report. It may submit errors and nothing else, so it may stand in public code.",
          ),
          h(
            "p",
            { class: "dsn" },
            h("code", { class: "long" }, found.dsn),
            copy("Copy", () => found.dsn),
          ),
        ],
        true,
      ),
      step("code", "A program that uses it", snippets(found, view)),
      step("trial", "A test error", trial(found, view, look)),
      step("arrived", "Errors arrive", arrived),
    ),
    h(
      "div",
      { class: "setup" },
      own.map((it) => it.node),
      h("section", { class: "card" }, h("h2", {}, "Settings"), settings(found, view)),
    ),
  );
  live.on("errors", live.paced(PACE, look, view.signal), view.signal);
  await Promise.all([look(), ...own.map((it) => it.load())]);
}

function step(id, title, content, done) {
  return h(
    "li",
    { class: "card step", id: `step-${id}`, "data-done": done ? "yes" : null },
    h("h2", {}, h("span", { class: "tick", "aria-hidden": "true" }), title),
    content,
  );
}

function done(id) {
  document.getElementById(`step-${id}`)?.setAttribute("data-done", "yes");
}

function snippets(project, view) {
  const chosen = SNIPPETS.find((snippet) => snippet.name === view.query.get("for")) ?? SNIPPETS[0];
  const body = h("div", {});
  const show = (snippet) => {
    const code = snippet.code(project.dsn, location.origin);
    for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab.textContent === snippet.name));
    fill(
      body,
      snippet.install &&
        h(
          "div",
          { class: "snippet" },
          h("pre", { tabindex: "0" }, snippet.install),
          copy("Copy", () => snippet.install),
        ),
      h(
        "div",
        { class: "snippet" },
        h("pre", { tabindex: "0" }, code),
        copy("Copy", () => code),
      ),
    );
    view.restate({ for: snippet === SNIPPETS[0] ? "" : snippet.name });
  };
  const tabs = SNIPPETS.map((snippet) =>
    h("button", { type: "button", class: "chip", onclick: () => show(snippet) }, snippet.name),
  );
  show(chosen);
  return [h("div", { class: "chip-group" }, tabs), body];
}

function trial(project, view, look) {
  const said = h("p", { role: "status" });
  const send = async () => {
    const event = await tryOut(project, (text) => fill(said, text), view.signal);
    fill(said, "It has arrived: ", h("a", { href: `/errors/${event.error_id}` }, event.title));
    done("trial");
    await look();
  };
  return [
    h(
      "p",
      { class: "quiet" },
      "Goes the way of any error: by the DSN, through the queue, to where it is read.",
    ),
    button("Send a test error", send, { class: "primary" }),
    said,
  ];
}

/** The newest event of each environment that the newest errors were seen in. */
async function showArrived(place, project, signal) {
  const { errors, total } = await get("/api/errors", { project_id: project.id, limit: 100 }, signal);
  if (total === 0) {
    fill(place, h("p", { class: "quiet" }, "Nothing yet. This page notices when the first one comes."));
    return;
  }
  done("arrived");
  if (errors.some((error) => error.environment !== "test")) done("code");
  const newest = new Map();
  for (const error of errors) if (!newest.has(error.environment)) newest.set(error.environment, error);
  // By name: what happens last does not move what is being read.
  const byName = [...newest].sort(([one], [other]) => (one ?? "").localeCompare(other ?? ""));
  refill(
    place,
    table(
      [
        { name: "Environment", class: "narrow", cell: ([environment]) => environment ?? "none" },
        {
          name: "Last error",
          cell: ([environment, error]) =>
            h("a", { href: `/errors/${error.id}`, "data-at": environment ?? "" }, error.title),
        },
        { name: "Seen", class: "narrow", cell: ([, error]) => ago(error.last_seen) },
      ],
      byName,
      "The last error of each environment",
    ),
  );
}

function settings(project, view) {
  const name = h("input", { name: "name", value: project.name, required: true, maxlength: "100" });
  const keep = h("input", { type: "checkbox", name: "keep", checked: project.keep_ip_addresses });
  const submit = h("button", {}, "Save");
  const save = async (event) => {
    event.preventDefault();
    const body = { name: name.value, keep_ip_addresses: keep.checked };
    await busy(submit, () => put(`/api/projects/${project.id}`, body, { project_id: null })).then(
      () => toast("Saved"),
      (failure) => toast(failure.message, { bad: true }),
    );
  };
  const drop = async () =>
    confirm(`Delete ${project.name}?`, "All its errors go for good.", "Delete", async () => {
      await remove(`/api/projects/${project.id}`, { project_id: null });
      view.go("/projects");
    });
  return [
    facts([
      ["Id", String(project.id)],
      ["Slug", project.slug],
      ["Made", ago(project.created_at)],
    ]),
    h(
      "form",
      { class: "form", onsubmit: save },
      field("Name", name),
      h("label", { class: "check" }, keep, "Keep addresses of clients"),
      h("div", { class: "form-buttons" }, button("Delete…", drop), submit),
    ),
  ];
}
