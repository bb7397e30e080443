// Changes of errors, with the way back.

import { put } from "../api.js";
import { count } from "../ui/format.js";
import { toast } from "../ui/toast.js";

/** What leads an error back to a state. */
const BACK = { unresolved: "unresolve", resolved: "resolve", ignored: "ignore" };

/** What an action makes of an error. */
export const BECOMES = { resolve: "resolved", unresolve: "unresolved", ignore: "ignored" };

const DID = { resolve: "Resolved", unresolve: "Reopened", ignore: "Ignored" };

/** The API takes so many ids at once. */
const MOST = 1000;

/**
 * Changes errors.
 * @param {{id: string, status: string}[]} errors as they are
 * @param {"resolve"|"unresolve"|"ignore"} action
 * @param {(statuses: Map<string, string>) => void} changed is told the new states, also when undone
 */
export async function change(errors, action, changed) {
  const before = new Map(errors.map((error) => [error.id, error.status]));
  const ids = errors.filter((error) => error.status !== BECOMES[action]).map((error) => error.id);
  if (ids.length === 0) return;
  await put("/api/errors", { ids: ids.slice(0, MOST), action });
  changed(new Map(ids.map((id) => [id, BECOMES[action]])));
  toast(`${DID[action]} ${count(ids.length, "error")}`, { undo: () => undo(ids, before, changed) });
}

async function undo(ids, before, changed) {
  for (const [state, action] of Object.entries(BACK)) {
    const back = ids.filter((id) => before.get(id) === state);
    if (back.length > 0) await put("/api/errors", { ids: back, action });
  }
  changed(new Map(ids.map((id) => [id, before.get(id)])));
  toast(`Took it back for ${count(ids.length, "error")}`);
}

/** Ignores one error until a time, or for so many events more. */
export const ignore = (id, until) => put(`/api/errors/${id}/ignore`, until);

/** Says who looks after an error; null: nobody. */
export const assign = (id, name) => put(`/api/errors/${id}/assign`, { assigned_to: name });
