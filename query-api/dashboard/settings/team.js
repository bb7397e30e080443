// The team: who belongs to it, as what, and inviting somebody.

import { get, post, put, remove } from "../api.js";
import { h } from "../ui/h.js";
import { ago } from "../ui/time.js";
import { plain } from "../ui/badge.js";
import { button, copy } from "../ui/button.js";
import { confirm, field, form, showOnce } from "../ui/dialog.js";
import { empty } from "../ui/states.js";
import { table } from "../ui/table.js";
import { complain, toast } from "../ui/toast.js";

const ROLES = ["owner", "admin", "developer", "viewer"];
const ALL = { project_id: null };

export default async function team(view, reload) {
  const { members } = await get("/api/settings/team", ALL, view.signal);
  return [
    h(
      "header",
      { class: "card-head" },
      h("h2", {}, "Team"),
      button("Invite…", async () => invite(reload), { class: "primary" }),
    ),
    members.length === 0
      ? empty(
          "Nobody yet.",
          h("p", { class: "quiet" }, "Members have a key of their own, which carries their role."),
        )
      : table(
          [
            { name: "Name", cell: (member) => member.name },
            { name: "Address", cell: (member) => member.email },
            { name: "Role", class: "narrow", cell: (member) => role(member, reload) },
            { name: "Status", class: "narrow", cell: (member) => plain(member.status) },
            {
              name: "Active",
              class: "narrow",
              cell: (member) => (member.last_active ? ago(member.last_active) : "never"),
            },
            {
              name: "",
              class: "narrow",
              cell: (member) => button("Remove…", async () => drop(member, reload)),
            },
          ],
          members,
          "Team",
        ),
  ];
}

function role(member, reload) {
  const changed = async (event) => {
    await put(`/api/settings/team/${member.id}`, { role: event.target.value }, ALL).then(
      () => toast(`${member.name} is now ${event.target.value}`),
      complain,
    );
    await reload();
  };
  return h(
    "select",
    { "aria-label": `Role of ${member.name}`, onchange: changed },
    ROLES.map((name) => h("option", { value: name, selected: name === member.role }, name)),
  );
}

function invite(reload) {
  form(
    "Invite somebody",
    [
      field("Address", h("input", { name: "email", type: "email", required: true, maxlength: "254" })),
      field(
        "Role",
        h(
          "select",
          { name: "role" },
          ROLES.toReversed().map((name) => h("option", { value: name }, name)),
        ),
        "Viewers read; developers change errors, rules and incidents; admins and owners do everything",
      ),
    ],
    "Invite",
    async (data) => {
      const invited = await post(
        "/api/settings/team/invite",
        { email: data.get("email"), role: data.get("role") },
        ALL,
      );
      showOnce("The invitation", [
        h(
          "p",
          {},
          "Whoever opens this link within seven days joins. It is shown this once; a mail goes out, too, when mail is set up.",
        ),
        h(
          "p",
          { class: "dsn" },
          h("code", { class: "long" }, invited.invite_url),
          copy("Copy", () => invited.invite_url),
        ),
      ]);
      await reload();
    },
  );
}

function drop(member, reload) {
  confirm(
    `Remove ${member.name}?`,
    "Their own key, or their invitation, ends with them.",
    "Remove",
    async () => {
      await remove(`/api/settings/team/${member.id}`, ALL);
      await reload();
    },
  );
}
