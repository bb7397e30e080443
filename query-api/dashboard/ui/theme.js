// The switch between light, dark and what the system says.

import { h } from "./h.js";

const ORDER = ["system", "light", "dark"];
const KEY = "errata.theme";

/** The switch. */
export function themeSwitch() {
  const root = document.documentElement;
  const current = () => root.dataset.theme ?? "system";
  const say = () => {
    node.textContent = { system: "Auto", light: "Light", dark: "Dark" }[current()];
    node.setAttribute("aria-label", `${node.textContent} colours; change`);
  };
  const next = () => {
    const chosen = ORDER[(ORDER.indexOf(current()) + 1) % ORDER.length];
    if (chosen === "system") {
      delete root.dataset.theme;
      localStorage.removeItem(KEY);
    } else {
      root.dataset.theme = chosen;
      localStorage.setItem(KEY, chosen);
    }
    say();
  };
  const node = h("button", { type: "button", class: "quiet-button", onclick: next });
  say();
  return node;
}
