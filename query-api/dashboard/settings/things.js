// What lists of settings have in common: a heading with a way to add to it, a secret that is shown once,
// and taking something away for good.

import { remove } from "../api.js";
import { h } from "../ui/h.js";
import { button, copy } from "../ui/button.js";
import { confirm, showOnce } from "../ui/dialog.js";

/** Who acts on the installation names no project. */
export const ALL = { project_id: null };

/** The heading of a list, and the button that asks for one more. */
export const heading = (title, label, ask) =>
  h(
    "header",
    { class: "card-head" },
    h("h2", {}, title),
    button(label, async () => ask(), { class: "primary" }),
  );

/** A secret that is shown this once, with what there is to know about it. */
export const reveal = (title, words, secret) =>
  showOnce(title, [
    h("p", {}, words),
    h(
      "p",
      { class: "dsn" },
      h("code", { class: "secret" }, secret),
      copy("Copy", () => secret),
    ),
  ]);

/** The button that takes something away, once it was asked whether it should. */
export const removal = (does, { title, text, path, query }, reload) =>
  button(`${does}…`, async () =>
    confirm(title, text, does, async () => {
      await remove(path, query);
      await reload();
    }),
  );
