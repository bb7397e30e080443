// Changes of errors, with the way back.

import { get, put } from "../api.js";
import { count } from "../ui/format.js";
import { toast } from "../ui/toast.js";

/** What leads an error back to a state, but for ignored ones, which have conditions. */
const BACK = { unresolved: "unresolve", resolved: "resolve" };

/** What an action makes of an error. */
export const BECOMES = { resolve: "resolved", unresolve: "unresolved", ignore: "ignored" };

const DID = { resolve: "Resolved", unresolve: "Reopened", ignore: "Ignored" };

/** The API takes so many ids at once. */
const MOST = 1000;

/** Of so many errors at once it is asked why they were ignored. */
const AT_ONCE = 6;

/** Of an error's history so much is looked at for that. */
const HISTORY = 100;

/**
 * Changes errors, piece by piece. What was changed before a piece failed can be taken back.
 * @param {{id: string, status: string}[]} errors as they are
 * @param {"resolve"|"unresolve"|"ignore"} action
 * @param {(statuses: Map<string, string>) => void} changed is told the new states, also when undone
 */
export async function change(errors, action, changed) {
  const others = errors.filter((error) => error.status !== BECOMES[action]);
  const before = new Map(others.map((error) => [error.id, error.status]));
  const done = new Map();
  try {
    for (const ids of pieces([...before.keys()], MOST)) {
      for (const id of await changeAll(ids, action, changed)) done.set(id, before.get(id));
    }
  } finally {
    if (done.size > 0)
      toast(`${DID[action]} ${count(done.size, "error")}`, { undo: wayBack(done, changed) });
  }
}

/** Ignores an error until a time, or for so many events more. */
export async function ignore(error, conditions, changed) {
  const { id, status } = error;
  const before = status === "ignored" ? await conditionsOf(id) : null;
  await put(`/api/errors/${id}/ignore`, conditions);
  changed(new Map([[id, "ignored"]]));
  const again = async () => {
    await ignoreAgain(id, before, changed);
    toast("Took it back");
  };
  toast("Ignored", { undo: before ? again : wayBack(new Map([[id, status]]), changed) });
}

/** Says who looks after an error; null: nobody. `changed` is told who it is, also when undone. */
export async function assign({ id, assigned_to: before }, name, changed) {
  if (name === before) return;
  const become = async (who) => {
    await put(`/api/errors/${id}/assign`, { assigned_to: who });
    changed(who);
  };
  await become(name);
  const undo = async () => {
    await become(before);
    toast("Took it back");
  };
  toast(name ? `Assigned to ${name}` : "Assigned to nobody", { undo });
}

/** Changes as many errors as the API takes at once, and answers those that there were. */
async function changeAll(ids, action, changed) {
  const { not_found } = await put("/api/errors", { ids, action });
  const missing = new Set(not_found);
  const found = ids.filter((id) => !missing.has(id));
  changed(new Map(found.map((id) => [id, BECOMES[action]])));
  return found;
}

/** Gives errors the states back that they had. Tried again after a failure, it goes on where it was. */
function wayBack(before, changed) {
  const left = new Map(before);
  const had = (state) => [...left.keys()].filter((id) => left.get(id) === state);
  const settled = (ids) => {
    for (const id of ids) left.delete(id);
  };
  return async () => {
    for (const [state, action] of Object.entries(BACK)) {
      for (const ids of pieces(had(state), MOST)) {
        await changeAll(ids, action, changed);
        settled(ids);
      }
    }
    const unconditional = [];
    for (const ids of pieces(had("ignored"), AT_ONCE)) {
      const all = await Promise.all(ids.map(conditionsOf));
      for (const [index, id] of ids.entries()) {
        const conditions = all[index];
        if (!conditions.until && !conditions.events) {
          unconditional.push(id);
        } else {
          await ignoreAgain(id, conditions, changed);
          settled([id]);
        }
      }
    }
    for (const ids of pieces(unconditional, MOST)) {
      await changeAll(ids, "ignore", changed);
      settled(ids);
    }
    toast(`Took it back for ${count(before.size, "error")}`);
  };
}

/** Until when, and for how many events, an error was ignored last, as its history tells. */
async function conditionsOf(id) {
  const { activity } = await get(`/api/errors/${id}/activity`, { limit: HISTORY });
  const { until, events } = activity.find((entry) => entry.kind === "ignored")?.details ?? {};
  return { until: until ?? null, events: events ?? null };
}

/** Ignores an error as it was; one whose time has come meanwhile is open. */
async function ignoreAgain(id, conditions, changed) {
  const isOver = conditions.until !== null && Date.parse(conditions.until) <= Date.now();
  if (isOver) await put(`/api/errors/${id}/unresolve`);
  else await put(`/api/errors/${id}/ignore`, conditions);
  changed(new Map([[id, isOver ? "unresolved" : "ignored"]]));
}

/** A list in pieces of at most so many. */
function pieces(list, most) {
  const starts = Array.from({ length: Math.ceil(list.length / most) }, (_, index) => index * most);
  return starts.map((start) => list.slice(start, start + most));
}
