// Makes one error of several, with the way back.

import { get, post } from "../api.js";
import { count } from "../ui/format.js";
import { toast } from "../ui/toast.js";

/** The API lets one error hold so many fingerprints; every error has one at least. */
const MOST = 100;

/** Which of some errors stays: the one that most is known of. */
export const staying = (errors) => errors.reduce((most, error) => (error.count > most.count ? error : most));

/**
 * Makes errors part of one.
 * @param {string} into the id of the one that stays
 * @param {string[]} ids of the others
 * @param {() => any} undone is told when all of it was taken back
 */
export async function merge(into, ids, undone) {
  refuseAbove(ids.length + 1);
  // What each holds now, because taking it back is taking out exactly that.
  const holds = (id) => get(`/api/errors/${encodeURIComponent(id)}/grouping`);
  const before = await Promise.all(ids.map(holds));
  const fingerprints = before.flatMap((grouping) => grouping.fingerprints);
  refuseAbove(fingerprints.length + 1);
  await post("/api/errors/merge", { into, ids });
  // Tried again after a failure, it goes on where it was.
  const left = [...before];
  let isOut = false;
  const undo = async () => {
    if (!isOut) await takeOut(into, fingerprints);
    isOut = true;
    for (; left.length > 0; left.shift()) await join(left[0].id, left[0].fingerprints);
    toast(`${count(ids.length, "error")} stand by themselves again`);
    await undone();
  };
  toast(`Merged ${count(ids.length + 1, "error")} into one`, { undo });
}

function refuseAbove(fingerprints) {
  if (fingerprints <= MOST) return;
  throw new Error(
    `One error holds at most ${MOST} fingerprints, and these have ${fingerprints}; merge fewer at once`,
  );
}

/** Makes fingerprints of an error errors of their own. */
export const takeOut = (id, fingerprints) =>
  post(`/api/errors/${id}/unmerge`, { fingerprints: fingerprints.map((each) => each.fingerprint) });

/** What was one error of several fingerprints becomes one again. */
async function join(id, fingerprints) {
  const others = fingerprints.filter((each) => !each.own).map((each) => each.id);
  if (others.length > 0) await post("/api/errors/merge", { into: id, ids: others });
}
