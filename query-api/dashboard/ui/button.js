// Buttons that do something: once at a time, and saying so.

import { h } from "./h.js";
import { complain, toast } from "./toast.js";

/** Runs something with the button switched off meanwhile. */
export async function busy(button, run) {
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  try {
    return await run();
  } finally {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}

/** A button; what fails is said. */
export function button(label, run, props = {}) {
  const node = h("button", { type: "button", ...props, onclick: () => busy(node, run).catch(complain) }, label);
  return node;
}

/** A button that copies what a function answers. */
export function copy(label, text, props = {}) {
  return button(label, async () => {
    await navigator.clipboard.writeText(text());
    toast("Copied");
  }, props);
}
