// Short messages at the edge of the page, and the way back from what was just done.

import { h } from "./h.js";

/** How long a message stays; one that can be undone must be found first. */
const STAY = 6_000;
const STAY_TO_UNDO = 12_000;
const MOST = 3;

const stack = h("div", { class: "toasts", role: "status", "aria-live": "polite" });
let lastUndo = null;

/** Where messages appear; the shell puts it into the page. */
export const toasts = stack;

/**
 * Says something. What can be undone stays until it was: a way back that fails can be tried again.
 * @param {string} text
 * @param {{undo?: () => void, bad?: boolean}} [more]
 */
export function toast(text, { undo, bad } = {}) {
  let timer = null;
  let isRunning = false;
  const close = () => {
    clearTimeout(timer);
    node.remove();
    if (lastUndo === back) lastUndo = null;
  };
  const stay = () => {
    timer = setTimeout(close, back ? STAY_TO_UNDO : STAY);
  };
  const back =
    undo &&
    (async () => {
      if (isRunning) return;
      isRunning = true;
      clearTimeout(timer);
      try {
        await undo();
        close();
      } catch (failure) {
        complain(failure);
        stay();
      } finally {
        isRunning = false;
      }
    });
  const node = h(
    "div",
    { class: bad ? "toast toast-bad" : "toast", "data-undo": back && "yes" },
    h("span", {}, text),
    back && h("button", { type: "button", onclick: back }, "Undo"),
    h("button", { type: "button", class: "icon", "aria-label": "Close", onclick: close }, "×"),
  );
  if (back) lastUndo = back;
  stack.append(node);
  // What was only said goes before what can be undone.
  while (stack.children.length > MOST)
    (stack.querySelector(".toast:not([data-undo])") ?? stack.firstChild).remove();
  stay();
}

/** Says what failed. */
export const complain = (failure) => toast(failure.message, { bad: true });

/** Takes back what was done last, if it can still be. */
export function undoLast() {
  lastUndo?.();
}
