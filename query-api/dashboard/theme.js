// The choice between light and dark, applied before anything is painted. A plain script for that
// reason; the switch itself is in ui/theme.js.
"use strict";
try {
  const chosen = localStorage.getItem("errata.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is switched off: the system's choice holds.
}
