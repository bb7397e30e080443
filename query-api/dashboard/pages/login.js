// Logging in: an API key for a session.

import { post } from "../api.js";
import { note } from "../session.js";
import { fill, h } from "../ui/h.js";
import { busy } from "../ui/button.js";
import { field } from "../ui/dialog.js";

export default async function login(view) {
  const said = h("p", { class: "form-error", role: "alert" });
  const input = h("input", {
    name: "key",
    type: "password",
    required: true,
    maxlength: "200",
    autocomplete: "current-password",
    spellcheck: "false",
  });
  const submit = h("button", { class: "primary" }, "Log in");
  const sent = async (event) => {
    event.preventDefault();
    fill(said);
    try {
      note(await busy(submit, () => post("/api/login", { api_key: input.value.trim() })));
      view.go(next(view.query), "replace");
    } catch (failure) {
      fill(said, failure.message);
      input.select();
    }
  };
  fill(
    view.root,
    h(
      "div",
      { class: "gate" },
      h("h1", {}, "Errata"),
      h(
        "form",
        { class: "card form", onsubmit: sent },
        field("API key", input, "Your own key, or one of the installation with the permission read"),
        // Password managers keep a key by a name.
        h("input", {
          type: "text",
          name: "username",
          value: "errata",
          autocomplete: "username",
          hidden: true,
        }),
        said,
        submit,
      ),
      h(
        "details",
        { class: "quiet" },
        h("summary", {}, "Where do I get a key?"),
        h("p", {}, "Members have one of their own since they accepted their invitation."),
        h(
          "p",
          {},
          "The first key of an installation is made where it runs: ",
          h("code", {}, "worker admin create-key --name NAME --permissions admin"),
          ". What ",
          h("code", {}, "make up"),
          " starts has the key ",
          h("code", {}, "test-api-key"),
          ".",
        ),
      ),
    ),
  );
  input.focus();
}

/** Where to go on: a page of ours, whatever the address says. */
function next(query) {
  const path = query.get("next") ?? "";
  return /^\/(?![/\\])/.test(path) && !path.startsWith("/login") ? path : "/errors";
}
