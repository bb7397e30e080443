// The columns of firings, wherever they are listed.

import { h } from "../ui/h.js";
import { measured } from "../ui/format.js";
import { at } from "../ui/time.js";
import { plain } from "../ui/badge.js";

export const RULE = {
  name: "Rule",
  cell: (firing) => h("a", { href: `/alerts/${firing.rule_id}` }, firing.rule_name),
};

/** What was measured, from when it held, and until when. */
export const COURSE = [
  {
    name: "Measured",
    class: "narrow",
    cell: (firing) => `${measured(firing.value)} of ${measured(firing.threshold)}`,
  },
  { name: "From", class: "narrow", cell: (firing) => at(firing.started_at) },
  {
    name: "Until",
    class: "narrow",
    cell: (firing) =>
      firing.ended_at ? [at(firing.ended_at), " ", plain(firing.end_reason)] : plain("firing"),
  },
];

/** The error that it is about; nothing where it is about the project. */
export const errorOf = (firing) =>
  firing.error_id && h("a", { href: `/errors/${firing.error_id}` }, "the error");
