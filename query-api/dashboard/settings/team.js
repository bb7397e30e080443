// The team: who belongs to it, as what, and inviting somebody.

import { get, post, put } from "../api.js";
import { h } from "../ui/h.js";
import { ago } from "../ui/time.js";
import { plain } from "../ui/badge.js";
import { field, form } from "../ui/dialog.js";
import { empty } from "../ui/states.js";
import { table } from "../ui/table.js";
import { complain, toast } from "../ui/toast.js";
import { ALL, heading, removal, reveal } from "./things.js";

const ROLES = ["owner", "admin", "developer", "viewer"];
const PATH = "/api/settings/team";

export default async function team(view, reload) {
  const { members } = await get(PATH, ALL, view.signal);
  return [
    heading("Team", "Invite…", () => invite(reload)),
    members.length === 0
      ? empty(
          "Nobody yet.",
          h("p", { class: "quiet" }, "Members have a key of their own, which carries their role."),
        )
      : table(columns(reload), members, "Team"),
  ];
}

const columns = (reload) => [
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
    cell: (member) =>
      removal(
        "Remove",
        {
          title: `Remove ${member.name}?`,
          text: "Their own key, or their invitation, ends with them.",
          path: `${PATH}/${member.id}`,
          query: ALL,
        },
        reload,
      ),
  },
];

function role(member, reload) {
  const changed = async (event) => {
    await put(`${PATH}/${member.id}`, { role: event.target.value }, ALL).then(
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

const LINK =
  "Whoever opens this link within seven days joins. It is shown this once; a mail goes out, too, when mail is set up.";

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
      const body = { email: data.get("email"), role: data.get("role") };
      const invited = await post(`${PATH}/invite`, body, ALL);
      reveal("The invitation", LINK, invited.invite_url);
      await reload();
    },
  );
}
