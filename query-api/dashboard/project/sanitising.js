// What a project masks besides, and what it does not: keys, detectors, and a box to try them on a sample
// before they hold.

import { get, post, put } from "../api.js";
import { fill, h } from "../ui/h.js";
import { busy, button } from "../ui/button.js";
import { field } from "../ui/dialog.js";
import { toast } from "../ui/toast.js";

/** What is looked for by its shape, in the order of the API. */
const DETECTORS = [
  ["card_numbers", "card numbers"],
  ["ibans", "bank accounts (IBAN)"],
  ["private_keys", "private keys"],
  ["jwts", "JSON web tokens"],
  ["url_passwords", "passwords in URLs"],
  ["bearer_tokens", "bearer tokens"],
  ["service_keys", "keys of well-known services"],
];

const SAMPLE = JSON.stringify(
  { customer_number: "4711", password: "hunter2", note: "paid with 4111 1111 1111 1111" },
  null,
  2,
);
const MOST = 60_000;
const ALL = { project_id: null };

/** The rules, what they make of a sample, and saving them. */
export async function sanitising(id, signal) {
  const { sanitising_rules: known } = await get(`/api/projects/${id}`, ALL, signal);
  const extra = lines("extra", known.extra_keys);
  const safe = lines("safe", known.safe_keys);
  const boxes = DETECTORS.map(([name]) =>
    h("input", { type: "checkbox", name: "detector", value: name, checked: !known.off.includes(name) }),
  );
  const rules = () => ({
    extra_keys: keys(extra.value),
    safe_keys: keys(safe.value),
    off: boxes.filter((box) => !box.checked).map((box) => box.value),
  });
  const said = h("p", { class: "form-error", role: "alert" });
  const submit = h("button", { class: "primary" }, "Save what is masked");
  const save = async (event) => {
    event.preventDefault();
    fill(said);
    const ask = () => put(`/api/projects/${id}`, { sanitising_rules: rules() }, ALL);
    await busy(submit, ask).then(
      () => toast("Saved: they hold for events that come from now on"),
      (failure) => fill(said, failure.message),
    );
  };
  return h(
    "form",
    { class: "form", onsubmit: save },
    h(
      "div",
      { class: "form-columns" },
      field("Mask values under these keys, too", extra, "One a line; words anywhere in a key, in any spelling"),
      field("Leave values under these keys", safe, "One a line; whole keys, whatever else holds"),
    ),
    h(
      "fieldset",
      {},
      h("legend", {}, "Mask what looks like"),
      boxes.map((box, index) => h("label", { class: "check" }, box, DETECTORS[index][1])),
    ),
    trial(id, rules, said),
    said,
    h("div", { class: "form-buttons" }, submit),
  );
}

const lines = (name, known) =>
  h("textarea", { class: "mono", name, rows: "3", spellcheck: "false", maxlength: "8000", value: known.join("\n") });

const keys = (text) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

/** A sample, and what becomes of it. */
function trial(id, rules, said) {
  const sample = h("textarea", {
    class: "mono",
    name: "sample",
    rows: "6",
    spellcheck: "false",
    maxlength: String(MOST),
    value: SAMPLE,
  });
  const result = h("pre", { class: "trial-result", role: "status", "aria-label": "What is stored" });
  const run = async () => {
    fill(said);
    const body = { sample: parsed(sample.value), sanitising_rules: rules() };
    await post(`/api/projects/${id}/sanitising/preview`, body, ALL).then(
      (tried) => fill(result, typeof tried.result === "string" ? tried.result : JSON.stringify(tried.result, null, 2)),
      (failure) => fill(said, failure.message),
    );
  };
  return h(
    "div",
    { class: "form-columns" },
    field("A sample, as text or JSON; nothing is kept of it", sample),
    h("div", { class: "field" }, h("span", {}, "What would be stored"), result, button("Try it", run)),
  );
}

/** An object where the text is one; any other text is itself. */
function parsed(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : text;
  } catch {
    return text;
  }
}
