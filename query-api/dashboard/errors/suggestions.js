// Offers what the filter could go on with, with the releases that report.

import { get } from "../api.js";
import { fill, h } from "../ui/h.js";
import { completions } from "./completions.js";

const ID = "filter-suggestions";
const RELEASES = 100;

/** Offers to complete what is written in an input. */
export async function suggest(input, signal) {
  const list = h("datalist", { id: ID });
  const known = {};
  const show = () =>
    fill(
      list,
      completions(input.value, known).map((value) => h("option", { value })),
    );
  input.after(list);
  input.setAttribute("list", ID);
  input.addEventListener("input", show);
  show();
  // Without them there is that much less to offer.
  const { releases } = await get("/api/releases", { limit: RELEASES }, signal).catch(() => ({ releases: [] }));
  known.release = [...new Set(releases.map((each) => each.release))];
  show();
}
