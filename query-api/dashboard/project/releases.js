// What leads from a release to its errors.

import { USUAL, one } from "../errors/filter.js";

/** The errors of a release that are open. */
export function releaseFilter({ project_id, release }) {
  const filter = encodeURIComponent(`${USUAL} ${one("release", release)}`);
  return `/errors?project=${project_id}&q=${filter}`;
}
