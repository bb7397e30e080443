// Buttons that do something: once at a time, and saying so.

import { h } from "./h.js";
import { complain, toast } from "./toast.js";

/** A click that comes too early does nothing, and sends no form. */
const refuse = (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
};

/**
 * Runs something with the button switched off meanwhile. It is not `disabled`, which would throw
 * whoever stands on it to the start of the page.
 */
export async function busy(button, run) {
  button.addEventListener("click", refuse, true);
  button.setAttribute("aria-disabled", "true");
  button.setAttribute("aria-busy", "true");
  try {
    return await run();
  } finally {
    button.removeEventListener("click", refuse, true);
    button.removeAttribute("aria-disabled");
    button.removeAttribute("aria-busy");
  }
}

/** A button; what fails is said. */
export function button(label, run, props = {}) {
  const node = h(
    "button",
    { type: "button", ...props, onclick: () => busy(node, run).catch(complain) },
    label,
  );
  return node;
}

/** A button that copies what a function answers. */
export function copy(label, text, props = {}) {
  return button(
    label,
    async () => {
      await write(text());
      toast("Copied");
    },
    props,
  );
}

/** Browsers give pages that came without TLS no clipboard, but for what is marked. */
async function write(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = h("textarea", { class: "hidden", value: text });
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (!isCopied) throw new Error("The browser does not let this page copy; mark the text and copy it");
}
