// The exceptions of an event and their stacks: the program's own frames open, others folded, and the
// whole as text.

import { fill, h } from "../ui/h.js";
import { count } from "../ui/format.js";
import { copy } from "../ui/button.js";
import { plain } from "../ui/badge.js";
import { json } from "../ui/json.js";

/** The exceptions, or the stack as text where no parser knew it; null where there is neither. */
export function stack(event) {
  const { exceptions, stack_trace: text } = event;
  const withFrames = exceptions.filter((exception) => exception.frames.length > 0);
  if (exceptions.length === 0 && !text) return null;
  const raw = text ?? asText(exceptions);
  const body = h("div", {});
  const shapes = {
    read: () => exceptions.map((exception, index) => one(exception, index, exceptions.length)),
    raw: () => h("pre", { class: "raw", tabindex: "0" }, raw),
  };
  const show = (shape) => {
    fill(body, shapes[shape]());
    for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab.dataset.shape === shape));
  };
  const tab = (shape, label) =>
    h("button", { type: "button", class: "chip", "data-shape": shape, onclick: () => show(shape) }, label);
  const tabs =
    withFrames.length > 0 || exceptions.length > 0 ? [tab("read", "Frames"), tab("raw", "Text")] : [];
  show(tabs.length > 0 ? "read" : "raw");
  return h(
    "section",
    { class: "card", id: "stack" },
    h(
      "header",
      { class: "card-head" },
      h("h2", {}, "Stack"),
      h("span", { class: "chip-group" }, tabs),
      copy("Copy", () => raw),
    ),
    body,
  );
}

function one(exception, index, all) {
  const mechanism = exception.mechanism ?? {};
  const isUnhandled = mechanism.handled === false;
  return h(
    "article",
    { class: "exception" },
    index > 0 && h("p", { class: "quiet chain" }, "caused by"),
    h(
      "h3",
      {},
      h("span", { class: "exception-type" }, exception.type ?? "Error"),
      exception.module && h("span", { class: "quiet" }, ` ${exception.module}`),
      isUnhandled && plain("unhandled", "Nothing in the program caught it"),
    ),
    exception.value && h("p", { class: "exception-value" }, exception.value),
    exception.frames.length > 0
      ? frames(exception.frames)
      : all === 1 && h("p", { class: "quiet" }, "It came without a stack."),
  );
}

/** Own frames stand by themselves; runs of others are one line each that opens. */
function frames(list) {
  const isOwn = (frame) => frame.in_app === true;
  const anyOwn = list.some(isOwn);
  const parts = [];
  for (const [index, frame] of list.entries()) {
    const shown = anyOwn ? isOwn(frame) : index === 0;
    const last = parts.at(-1);
    if (shown || !last || last.shown) parts.push({ shown, frames: [frame] });
    else last.frames.push(frame);
  }
  const first = parts.findIndex((part) => part.shown);
  return h(
    "ol",
    { class: "frames" },
    parts.map((part, index) =>
      part.shown
        ? frameItem(part.frames[0], index === first)
        : h(
            "li",
            {},
            h(
              "details",
              { class: "frames-folded" },
              h("summary", {}, count(part.frames.length, "frame"), " of libraries"),
              h(
                "ol",
                { class: "frames" },
                part.frames.map((frame) => frameItem(frame, false)),
              ),
            ),
          ),
    ),
  );
}

function frameItem(frame, isOpen) {
  const place = [frame.filename ?? frame.module ?? frame.abs_path, frame.lineno].filter(Boolean).join(":");
  const vars = Object.keys(frame.vars ?? {}).length > 0;
  const title = [
    h("span", { class: "frame-function" }, frame.function ?? "?"),
    h("span", { class: "frame-place", title: frame.abs_path }, place),
  ];
  const kind = frame.in_app ? "stack-frame own" : "stack-frame";
  if (!frame.context_line && !vars) return h("li", { class: kind }, h("div", { class: "frame-line" }, title));
  return h(
    "li",
    { class: kind },
    h(
      "details",
      { open: isOpen },
      h("summary", { class: "frame-line" }, title),
      source(frame),
      vars && variables(frame.vars),
    ),
  );
}

function source(frame) {
  if (frame.context_line === null) return null;
  const before = frame.pre_context ?? [];
  const lines = [...before, frame.context_line, ...(frame.post_context ?? [])];
  const first = (frame.lineno ?? before.length + 1) - before.length;
  return h(
    "ol",
    { class: "source", tabindex: "0", start: first, style: { "--first": String(first - 1) } },
    lines.map((line, index) =>
      h("li", { class: index === before.length ? "source-here" : null }, h("code", {}, line || " ")),
    ),
  );
}

function variables(vars) {
  return h("div", { class: "vars", tabindex: "0" }, json(vars));
}

/** The exceptions as the text that runtimes print. */
export function asText(exceptions) {
  return exceptions
    .map((exception) => {
      const head = [exception.type, exception.value].filter(Boolean).join(": ");
      const lines = exception.frames.map((frame) => {
        const place = [frame.filename ?? frame.abs_path ?? frame.module ?? "?", frame.lineno, frame.colno]
          .filter(Boolean)
          .join(":");
        return `    at ${frame.function ?? "?"} (${place})`;
      });
      return [head, ...lines].join("\n");
    })
    .join("\nCaused by: ");
}
