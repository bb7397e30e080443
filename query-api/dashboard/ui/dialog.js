// Windows over the page: something to read, a question, a form.

import { fill, h } from "./h.js";
import { busy } from "./button.js";

/** Shows something until it is closed. */
export const show = (title, content) => open(title, content, () => true);

/** Shows what is shown this once: a click beside it does not take it away. */
export const showOnce = (title, content) => open(title, content, () => false);

/** @param {() => boolean} mayGo whether a click beside the window closes it */
function open(title, content, mayGo) {
  const dialog = h(
    "dialog",
    { "aria-label": title },
    h(
      "header",
      {},
      h("h2", {}, title),
      h(
        "button",
        { type: "button", class: "icon", "aria-label": "Close", onclick: () => dialog.close() },
        "×",
      ),
    ),
    h("div", { class: "dialog-body" }, content),
  );
  // Whoever marks a text and lets go beside the window did not mean to close it.
  let isPressed = false;
  dialog.addEventListener("pointerdown", (event) => {
    isPressed = event.target === dialog;
  });
  dialog.addEventListener("click", (event) => {
    if (isPressed && event.target === dialog && mayGo()) dialog.close();
  });
  // Whoever opened it stands where they stood, also where that was drawn anew meanwhile.
  const { activeElement: opener } = document;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (opener.isConnected || !opener.dataset.at) return;
    document.querySelector(`[data-at="${CSS.escape(opener.dataset.at)}"]`)?.focus({ preventScroll: true });
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Asks before something that can't be taken back. */
export function confirm(title, text, does, run) {
  form(title, [h("p", {}, text)], does, run, { bad: true });
}

/**
 * Asks for something. What fails is said in the window, which stays open.
 * @param {(data: FormData) => Promise<any>} run
 */
export function form(title, fields, does, run, { bad } = {}) {
  const said = h("p", { class: "form-error", role: "alert" });
  const submit = h("button", { class: bad ? "primary bad" : "primary" }, does);
  const sent = async (event) => {
    event.preventDefault();
    fill(said);
    try {
      await busy(submit, () => run(new FormData(event.target)));
      dialog.close();
    } catch (failure) {
      fill(said, failure.message);
    }
  };
  let isChanged = false;
  const changed = () => {
    isChanged = true;
  };
  const cancel = h("button", { type: "button", onclick: () => dialog.close() }, "Cancel");
  const body = h(
    "form",
    { class: "form", onsubmit: sent, oninput: changed },
    fields,
    said,
    h("div", { class: "form-buttons" }, cancel, submit),
  );
  const dialog = open(title, body, () => !isChanged);
  return dialog;
}

/** A field with its label. */
export function field(label, input, hint) {
  return h("label", { class: "field" }, h("span", {}, label), input, hint && h("small", {}, hint));
}
