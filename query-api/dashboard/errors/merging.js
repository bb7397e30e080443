// Makes one error of several, with the way back.

import { get, post } from "../api.js";
import { count } from "../ui/format.js";
import { toast } from "../ui/toast.js";

/** Which of some errors stays: the one that most is known of. */
export const staying = (errors) => errors.reduce((most, error) => (error.count > most.count ? error : most));

/**
 * Makes errors part of one.
 * @param {string} into the id of the one that stays
 * @param {string[]} ids of the others
 * @param {() => any} undone is told when all of it was taken back
 */
export async function merge(into, ids, undone) {
  // What each holds now, because taking it back is taking out exactly that.
  const before = await Promise.all(ids.map((id) => get(`/api/errors/${id}/grouping`)));
  await post("/api/errors/merge", { into, ids });
  const undo = async () => {
    await takeOut(into, before.flatMap((grouping) => grouping.fingerprints));
    for (const { id, fingerprints } of before) await join(id, fingerprints);
    toast(`${count(ids.length, "error")} stand by themselves again`);
    await undone();
  };
  toast(`Merged ${count(ids.length + 1, "error")} into one`, { undo });
}

/** Makes fingerprints of an error errors of their own. */
export const takeOut = (id, fingerprints) =>
  post(`/api/errors/${id}/unmerge`, { fingerprints: fingerprints.map((each) => each.fingerprint) });

/** What was one error of several fingerprints becomes one again. */
async function join(id, fingerprints) {
  const others = fingerprints.filter((each) => !each.own).map((each) => each.id);
  if (others.length > 0) await post("/api/errors/merge", { into: id, ids: others });
}
