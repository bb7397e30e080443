// The frame around every page: which page an address means, the navigation, the project that is
// looked at, and who is logged in. What pages show is theirs.

import * as api from "./api.js";
import * as live from "./live.js";
import { current, isInstallation, may, note, whenElsewhere } from "./session.js";
import { button } from "./ui/button.js";
import { fill, h } from "./ui/h.js";
import { keys, showKeys } from "./ui/keyboard.js";
import { failed, loading } from "./ui/states.js";
import { themeSwitch } from "./ui/theme.js";
import { toasts, undoLast } from "./ui/toast.js";

/** The pages by their addresses. A page is a function that fills what it is given. */
const PAGES = [
  [/^\/(errors)?$/, "Errors", () => import("./pages/errors.js")],
  [/^\/errors\/([^/]+)$/, "Error", () => import("./pages/error.js")],
  [/^\/overview$/, "Overview", () => import("./pages/overview.js")],
  [/^\/alerts$/, "Alerts", () => import("./pages/alerts.js")],
  [/^\/alerts\/([^/]+)$/, "Rule", () => import("./pages/rule.js")],
  [/^\/incidents$/, "Incidents", () => import("./pages/incidents.js")],
  [/^\/incidents\/([^/]+)$/, "Incident", () => import("./pages/incident.js")],
  [/^\/monitoring$/, "Monitoring", () => import("./pages/monitoring.js")],
  [/^\/releases$/, "Releases", () => import("./pages/releases.js")],
  [/^\/projects$/, "Projects", () => import("./pages/projects.js")],
  [/^\/projects\/([^/]+)$/, "Project", () => import("./pages/project.js")],
  [/^\/settings(?:\/([^/]+))?$/, "Settings", () => import("./pages/settings.js")],
];

/** Pages for those who are not logged in, without the frame. */
const OPEN_PAGES = [
  [/^\/login$/, "Log in", () => import("./pages/login.js")],
  [/^\/invite$/, "Invitation", () => import("./pages/invite.js")],
];

/** What the navigation leads to: address, name, the key behind `g`, and who sees it. */
const NAVIGATION = [
  ["/errors", "Errors", "e", () => true],
  ["/overview", "Overview", "o", () => true],
  ["/releases", "Releases", "r", () => true],
  ["/alerts", "Alerts", "a", () => true],
  ["/incidents", "Incidents", "i", () => true],
  ["/monitoring", "Monitoring", "m", isInstallation],
  ["/projects", "Projects", "p", () => isInstallation() && may("admin")],
  ["/settings", "Settings", "s", () => may("admin")],
];

const main = h("main", { id: "main", tabindex: "-1" });
const links = h("nav", { "aria-label": "Pages" });
const projects = h("div", { class: "projects" });
const dot = h("span", { class: "live-dot", title: "Connecting to the live feed" });
let leaving = new AbortController();

/** A page whose code could not be fetched: browsers do not ask for it again until all is loaded anew. */
class NotLoaded extends Error {
  constructor() {
    super("This page could not be loaded; the connection may be away");
  }
}

/**
 * Shows the page of the address that the browser is at.
 * @param {?{scroll: number, at: ?string}} [left] where the reader was when the page was left
 */
async function show(left = null) {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const open = find(OPEN_PAGES);
  if (!open && !current())
    return go(
      `/login?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`,
      "replace",
    );
  const query = new URLSearchParams(location.search);
  if (!open) lookAtProjectOf(query);
  document.body.classList.toggle("framed", !open);
  markNavigation();
  fill(main, loading(8));
  try {
    const found = open ?? find(PAGES);
    if (!found) throw new Error("There is no page at this address");
    document.title = `${found.title} · Errata`;
    const page = await found.load().catch(() => {
      throw new NotLoaded();
    });
    if (signal.aborted) return;
    const name = (text) => {
      document.title = `${text} · Errata`;
    };
    await page.default({ root: main, params: found.params, query, signal, go, name, restate, left });
    if (left && !signal.aborted) comeBack(left);
  } catch (failure) {
    if (signal.aborted) return;
    const isLoaded = !(failure instanceof NotLoaded);
    if (!isLoaded) window.addEventListener("online", () => location.reload(), { once: true, signal });
    fill(main, failed(failure, isLoaded ? () => show() : () => location.reload()));
  }
}

/** Goes to where the reader was. */
function comeBack({ scroll, at }) {
  if (at) main.querySelector(`a[href="${CSS.escape(at)}"]`)?.focus({ preventScroll: true });
  window.scrollTo(0, scroll);
}

/** Notes with the entry of the history that is left where the reader is. */
function noteLeaving() {
  const at = document.activeElement?.closest?.("a[href]")?.getAttribute("href") ?? null;
  history.replaceState({ scroll: window.scrollY, at }, "");
}

function find(pages) {
  for (const [pattern, title, load] of pages) {
    const match = pattern.exec(location.pathname);
    if (match) return { title, load, params: match.slice(1).map((part) => part && decodeURIComponent(part)) };
  }
  return null;
}

/** Goes to an address within the dashboard. */
function go(address, how = "push") {
  if (how === "push") noteLeaving();
  history[how === "replace" ? "replaceState" : "pushState"](null, "", withProject(address));
  window.scrollTo(0, 0);
  main.focus({ preventScroll: true });
  return show();
}

/** Writes the state of a page into its address, so that a link shows the same; by "push", Back leads back. */
function restate(values, how = "replace") {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString();
  const address = location.pathname + (text ? `?${text}` : "");
  const isNew = how === "push" && address !== location.pathname + location.search;
  if (isNew) noteLeaving();
  history[isNew ? "pushState" : "replaceState"](isNew ? null : history.state, "", address);
}

/** Links stay in the project that is looked at. */
function withProject(address) {
  const url = new URL(address, location.origin);
  const id = api.lookedAt();
  const isKnown = url.searchParams.has("project") || url.pathname === "/login";
  if (id && !isKnown && current()?.project_id === null) url.searchParams.set("project", id);
  return url.pathname + url.search + url.hash;
}

function lookAtProjectOf(query) {
  const id = Number(query.get("project")) || null;
  if (id === api.lookedAt() && live.isOpen()) return;
  api.lookAt(id);
  live.connect();
  showProjects();
}

async function showProjects() {
  if (!isInstallation() || !may("admin")) return fill(projects);
  const { projects: all } = await api
    .get("/api/projects", { project_id: null })
    .catch(() => ({ projects: [] }));
  const select = h(
    "select",
    {
      "aria-label": "Project",
      onchange: (event) => {
        api.lookAt(null);
        const query = event.target.value ? `?project=${event.target.value}` : "";
        go(`${location.pathname.split("/").slice(0, 2).join("/")}${query}`);
      },
    },
    h("option", { value: "" }, "All projects"),
    all.map((project) =>
      h("option", { value: String(project.id), selected: project.id === api.lookedAt() }, project.name),
    ),
  );
  fill(projects, select);
}

function markNavigation() {
  fill(
    links,
    NAVIGATION.filter(([, , , isShown]) => isShown()).map(([address, name]) => {
      const here =
        location.pathname.startsWith(address) || (address === "/errors" && location.pathname === "/");
      return h("a", { href: withProject(address), "aria-current": here ? "page" : null }, name);
    }),
  );
  showCurrent();
  fill(
    who,
    current() && [
      h("span", { class: "who", title: current().permissions.join(", ") }, current().name),
      button("Log out", logOut, { class: "quiet-button" }),
    ],
  );
}

/** On narrow screens the navigation is wider than the window. */
function showCurrent() {
  const link = links.querySelector('[aria-current="page"]');
  if (link) links.scrollLeft = link.offsetLeft - (links.clientWidth - link.offsetWidth) / 2;
}

async function logOut() {
  await api.post("/api/logout", {}, { project_id: null });
  note(null);
  live.disconnect();
  go("/login");
}

const who = h("div", { class: "who-box" });
const frame = h(
  "header",
  { class: "frame" },
  h("a", { class: "brand", href: "/errors" }, "Errata", dot),
  projects,
  links,
  h(
    "div",
    { class: "frame-end" },
    h("button", { type: "button", class: "quiet-button", onclick: showKeys }, "Keys ", h("kbd", {}, "?")),
    themeSwitch(),
    who,
  ),
);

document.body.prepend(h("a", { class: "skip", href: "#main" }, "Skip to the page"), frame, main, toasts);

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!link || !isPlain || link.target || link.origin !== location.origin) return;
  const address = link.getAttribute("href");
  if (address.startsWith("#") || address.startsWith("/api/")) return;
  event.preventDefault();
  go(address);
});

keys("Everywhere", [
  { key: "?", does: "Show these keys", run: showKeys },
  { key: "u", does: "Undo what was done last", run: undoLast },
  ...NAVIGATION.map(([address, name, key]) => ({
    key: `g ${key}`,
    does: `Go to ${name}`,
    run: () => go(address),
  })),
]);

live.on(live.UP, () => say("live", "Live: what happens is shown as it happens"));
live.on(live.DOWN, () => say("away", "The live feed is away; connecting again"));

function say(state, title) {
  dot.dataset.state = state;
  dot.title = title;
}

api.whenEnded(() => {
  live.disconnect();
  if (location.pathname === "/login") return;
  go(`/login?next=${encodeURIComponent(location.pathname + location.search)}`, "replace");
});

whenElsewhere(() => {
  live.disconnect();
  if (current() && location.pathname === "/login") go("/errors", "replace");
  else show();
});

// Pages are filled after the browser would have scrolled.
history.scrollRestoration = "manual";
window.addEventListener("popstate", (event) => show(event.state));
show(history.state);
