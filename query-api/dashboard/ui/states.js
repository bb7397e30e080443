// What stands where there is nothing to see yet, nothing to see at all, or something went wrong.

import { h } from "./h.js";

/** Grey lines in the shape of what is coming, so that nothing jumps when it comes. */
export function loading(lines = 6) {
  const line = (_, index) =>
    h("div", { class: "skeleton", style: { width: `${92 - ((index * 17) % 40)}%` } });
  return h(
    "div",
    { class: "loading", role: "status" },
    h("span", { class: "hidden" }, "Loading"),
    Array.from({ length: lines }, line),
  );
}

/** Rows of a list in the places where they will be. */
export function loadingRows(rows) {
  const row = () => h("div", { class: "row-skeleton" }, h("div", { class: "skeleton" }));
  return h(
    "div",
    { class: "loading loading-rows", role: "status" },
    h("span", { class: "hidden" }, "Loading"),
    Array.from({ length: rows }, row),
  );
}

/** Nothing is there, and what to do about it. */
export function empty(title, ...more) {
  return h("div", { class: "state" }, h("p", { class: "state-title" }, title), more);
}

/** What failed, in the words of the API, and a way to try again where that can help. */
export function failed(failure, retry) {
  const mayPass = !failure.status || failure.status === 429 || failure.status >= 500;
  return h(
    "div",
    { class: "state state-failed", role: "alert" },
    h("p", { class: "state-title" }, failure.message),
    failure.requestId && h("p", { class: "quiet" }, "Request ", h("code", {}, failure.requestId)),
    retry && mayPass && h("button", { type: "button", onclick: retry }, "Try again"),
  );
}
