// Which project is meant where all of them are looked at.

import { get, lookedAt } from "../api.js";
import { current, isInstallation, may } from "../session.js";

/** Where the API puts what is made without a project being named. */
const FIRST = 1;

/** Whether things of several projects may stand beside each other. */
export const isAcross = () => lookedAt() === null && isInstallation();

/** The project that something new belongs to. */
export const projectOfNew = () => lookedAt() ?? current()?.project_id ?? FIRST;

/** The names of projects by their ids, as far as the reader may know them. */
export async function names(signal) {
  if (!isInstallation() || !may("admin")) return new Map();
  const known = await get("/api/projects", { project_id: null }, signal).catch(() => ({ projects: [] }));
  return new Map(known.projects.map((project) => [project.id, project.name]));
}

/** The name of a project, or else its id. */
export const nameOf = (known, id) => known.get(id) ?? `Project ${id}`;

/** The column that says which project something belongs to, where that is a question. */
export async function projectColumn(signal) {
  if (!isAcross()) return [];
  const known = await names(signal);
  return [{ name: "Project", class: "narrow", cell: (row) => nameOf(known, row.project_id) }];
}
