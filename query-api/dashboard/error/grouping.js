// Why the events of an error are one, and the fingerprints that it holds: merged ones can be taken out.

import { get } from "../api.js";
import { may } from "../session.js";
import { merge, takeOut } from "../errors/merging.js";
import { h } from "../ui/h.js";
import { count, full } from "../ui/format.js";
import { button } from "../ui/button.js";
import { field, form } from "../ui/dialog.js";
import { ago } from "../ui/time.js";
import { toast } from "../ui/toast.js";

/** Errors that are offered to be merged. */
const OFFERED = 8;

const DECIDES = {
  rule: "A rule of the project decides.",
  client: "The program said what belongs together.",
  stack: "The type and the program's own frames decide.",
  message: "There is no stack that tells, so the message decides.",
};

/** The explanation; `changed` is told when the error is another. */
export async function grouping(id, signal, changed) {
  const told = await get(`/api/errors/${id}/grouping`, {}, signal);
  return [
    explanation(told.explanation),
    told.fingerprints.length > 1 && fingerprints(id, told.fingerprints, changed),
  ];
}

function explanation(told) {
  if (!told) return h("p", { class: "quiet" }, "No event was kept that could tell.");
  const { rule } = told;
  return [
    h("p", {}, DECIDES[told.decided_by]),
    rule && h("p", {}, h("code", {}, rule.rule), ` in line ${full(rule.line)} of ${rule.list.replaceAll("_", " ")}`),
    h(
      "ul",
      { class: "components" },
      told.components.map((part) =>
        h("li", {}, h("span", { class: "quiet" }, part.kind.replaceAll("_", " ")), " ", h("code", {}, part.value)),
      ),
    ),
    !told.is_current &&
      h("p", { class: "note" }, "Today its events would be named otherwise: the rules or the function have changed."),
    told.left_out.length > 0 &&
      h(
        "details",
        {},
        h("summary", {}, `${count(told.left_out.length, "part")} that ${told.left_out.length === 1 ? "does" : "do"} not count`),
        h(
          "ul",
          { class: "components" },
          told.left_out.map((part) =>
            h("li", {}, h("code", {}, part.value), " ", h("span", { class: "quiet" }, part.reason.replaceAll("_", " "))),
          ),
        ),
      ),
  ];
}

/** What was merged, each with its own numbers. */
function fingerprints(id, list, changed) {
  const take = (one) =>
    button("Take out", async () => {
      await takeOut(id, [one]);
      const back = async () => {
        await merge(id, [one.id], changed);
        await changed();
      };
      toast("It is an error of its own again", { undo: back });
      await changed();
    });
  return [
    h("h3", {}, `Merged from ${count(list.length, "fingerprint")}`),
    h(
      "ul",
      { class: "lines" },
      list.map((one) =>
        h(
          "li",
          {},
          h("code", { class: "line-name", title: one.fingerprint }, one.fingerprint.slice(0, 12)),
          h("span", { class: "quiet" }, count(one.count, "event"), ", last ", ago(one.last_seen)),
          one.own ? h("span", { class: "quiet" }, "its first") : may("write") && take(one),
        ),
      ),
    ),
  ];
}

/** Asks which errors belong to this one, of those that look alike. */
export async function askMerge(error, changed) {
  const alike = error.exception_type ?? error.message.slice(0, 60);
  const found = await get("/api/errors", { q: alike, limit: OFFERED + 1, project_id: error.project_id });
  const offered = found.errors.filter((each) => each.id !== error.id).slice(0, OFFERED);
  const box = (each) =>
    h(
      "label",
      { class: "check" },
      h("input", { type: "checkbox", name: "id", value: each.id }),
      h("span", {}, each.title, " ", h("span", { class: "quiet" }, count(each.count, "event"))),
    );
  const address = h("input", { name: "address", placeholder: `${location.origin}/errors/…`, autocomplete: "off" });
  form(
    "Merge errors into this one",
    [
      offered.length > 0 && h("fieldset", {}, h("legend", {}, "They look alike"), offered.map(box)),
      field("Another one, by its address or id", address),
    ],
    "Merge",
    async (data) => {
      const ids = data.getAll("id");
      const written = data.get("address").trim();
      if (written) ids.push(idOf(written));
      if (ids.length === 0) throw new Error("Choose an error, or write its address");
      await merge(error.id, ids, changed);
      await changed();
    },
  );
}

/** The id in an address of an error, or what was written. */
const idOf = (written) => /\/errors\/([^/?#]+)/.exec(written)?.[1] ?? written;
