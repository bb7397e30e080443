// The releases that report: since when each is there, and what came with it.

import { get } from "../api.js";
import { fill, h } from "../ui/h.js";
import { full } from "../ui/format.js";
import { ago } from "../ui/time.js";
import { choice, panel } from "../ui/panel.js";
import { empty } from "../ui/states.js";
import { table } from "../ui/table.js";
import { projectColumn } from "../project/names.js";
import { releaseFilter } from "../project/releases.js";

const PERIODS = [
  ["day", "24 hours"],
  ["week", "7 days"],
  ["fortnight", "14 days"],
  ["month", "30 days"],
];
const MOST = 100;

const COLUMNS = [
  { name: "Release", cell: (release) => h("a", { href: releaseFilter(release) }, release.release) },
  {
    name: "First seen",
    class: "narrow",
    cell: (release) => (release.first_seen ? ago(release.first_seen) : "not known"),
  },
  { name: "Last seen", class: "narrow", cell: (release) => ago(release.last_seen) },
  { name: "Events", class: "narrow", cell: (release) => full(release.events) },
  { name: "New errors", class: "narrow", cell: (release) => full(release.new_errors) },
  { name: "Came back", class: "narrow", cell: (release) => full(release.regressed_errors) },
];

export default async function releases(view) {
  const [period, label] = PERIODS.find(([name]) => name === view.query.get("period")) ?? PERIODS.at(-1);
  const list = async () => {
    const query = { period, limit: MOST };
    const { releases: all, total } = await get("/api/releases", query, view.signal);
    if (all.length === 0) return nothing(label);
    return [
      table([...(await projectColumn(view.signal)), ...COLUMNS], all, "Releases"),
      total > all.length && h("p", { class: "quiet" }, `The newest ${MOST} of ${full(total)}.`),
    ];
  };
  const part = panel("card", null, list, 12);
  fill(
    view.root,
    h(
      "header",
      { class: "page-head" },
      h("h1", {}, "Releases"),
      choice(
        PERIODS.map(([name, words]) => [name, words, `/releases?period=${name}`]),
        period,
      ),
    ),
    part.node,
  );
  await part.load();
}

const nothing = (label) =>
  empty(
    `No event of the last ${label} named a release.`,
    h("p", { class: "quiet" }, "Programs name theirs with the option release of their SDK."),
  );
