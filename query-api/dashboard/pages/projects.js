// The projects, and making one.

import { get, lookedAt, post } from "../api.js";
import { fill, h } from "../ui/h.js";
import { ago } from "../ui/time.js";
import { button } from "../ui/button.js";
import { field, form } from "../ui/dialog.js";
import { table } from "../ui/table.js";

const COLUMNS = [
  { name: "Project", cell: (project) => h("a", { href: `/projects/${project.id}` }, project.name) },
  { name: "Id", class: "narrow", cell: (project) => String(project.id) },
  { name: "DSN", cell: (project) => h("code", { class: "long" }, project.dsn) },
  { name: "Made", class: "narrow", cell: (project) => ago(project.created_at) },
];

export default async function projects(view) {
  const { projects: all } = await get("/api/projects", { project_id: null }, view.signal);
  const shown = lookedAt() ? all.filter((project) => project.id === lookedAt()) : all;
  const ask = async () =>
    form(
      "New project",
      [field("Name", h("input", { name: "name", required: true, maxlength: "100" }))],
      "Make it",
      async (data) => {
        const made = await post("/api/projects", { name: data.get("name") }, { project_id: null });
        view.go(`/projects/${made.id}`);
      },
    );
  fill(
    view.root,
    h(
      "header",
      { class: "page-head" },
      h("h1", {}, "Projects"),
      button("New project…", ask, { class: "primary" }),
    ),
    h("section", { class: "card" }, table(COLUMNS, shown, "Projects")),
  );
}
