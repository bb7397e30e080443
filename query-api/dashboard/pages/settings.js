// Settings: keys, the team, what messages go out through, and who changed what. Each section is a
// module of its own.

import { isInstallation } from "../session.js";
import { fill, h } from "../ui/h.js";
import { choice, panel } from "../ui/panel.js";

const SECTIONS = [
  ["keys", "API keys", () => true, () => import("../settings/keys.js")],
  ["team", "Team", isInstallation, () => import("../settings/team.js")],
  ["integrations", "Integrations", isInstallation, () => import("../settings/integrations.js")],
  ["audit", "Audit", isInstallation, () => import("../settings/audit.js")],
];

export default async function settings(view) {
  const shown = SECTIONS.filter(([, , isShown]) => isShown());
  const found = shown.find(([name]) => name === (view.params[0] ?? "keys"));
  if (!found) throw new Error("There are no such settings");
  const [name, title, , load] = found;
  view.name(title);
  const section = await load();
  const part = panel("card", null, () => section.default(view, () => part.load()), 12);
  fill(
    view.root,
    h(
      "header",
      { class: "page-head" },
      h("h1", {}, "Settings"),
      choice(
        shown.map(([each, label]) => [each, label, `/settings/${each}`]),
        name,
      ),
    ),
    part.node,
  );
  await part.load();
}
