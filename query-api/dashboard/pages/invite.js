// Accepting an invitation: a name for a key of one's own, which logs in at once.

import { post } from "../api.js";
import { note } from "../session.js";
import { fill, h } from "../ui/h.js";
import { busy, copy } from "../ui/button.js";
import { field } from "../ui/dialog.js";
import { empty } from "../ui/states.js";

export default async function invite(view) {
  // Behind `#`, so that it was sent to no server.
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) {
    fill(
      view.root,
      h(
        "div",
        { class: "gate" },
        empty("This link has no invitation in it.", h("p", {}, "Ask for a new one.")),
      ),
    );
    return;
  }
  const said = h("p", { class: "form-error", role: "alert" });
  const input = h("input", { name: "name", required: true, maxlength: "200", autocomplete: "name" });
  const submit = h("button", { class: "primary" }, "Join");
  const sent = async (event) => {
    event.preventDefault();
    fill(said);
    try {
      const member = await busy(submit, () =>
        post("/api/settings/team/accept", { token, name: input.value }),
      );
      welcome(view, member);
    } catch (failure) {
      fill(said, failure.message);
    }
  };
  fill(
    view.root,
    h(
      "div",
      { class: "gate" },
      h("h1", {}, "Welcome to Errata"),
      h("form", { class: "card form", onsubmit: sent }, field("Your name", input), said, submit),
    ),
  );
  input.focus();
}

function welcome(view, member) {
  const key = h("code", { class: "secret" }, member.api_key);
  const enter = async () => {
    note(await post("/api/login", { api_key: member.api_key }));
    view.go("/errors", "replace");
  };
  fill(
    view.root,
    h(
      "div",
      { class: "gate" },
      h("h1", {}, `Hello, ${member.name}`),
      h(
        "div",
        { class: "card form" },
        h("p", {}, "This is your key. It is shown this once: keep it where you keep passwords."),
        key,
        copy("Copy the key", () => member.api_key),
        h("button", { type: "button", class: "primary", onclick: enter }, "Go to the errors"),
      ),
    ),
  );
}
