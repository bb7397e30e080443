// Who is logged in, as the last login said. The proof is a cookie that no script can read; what stands
// here decides only what is shown, and the API decides what may be done.

const KEY = "errata.session";

/** @typedef {{name: string, permissions: string[], project_id: ?number, expires_at: string}} Session */

/** @type {?Session} */
let session = read();

/** The session, or null. */
export const current = () => session;

/** Whether the permission was given. */
export const may = (permission) => session?.permissions.includes(permission) ?? false;

/** Whether the whole installation may be read, and not one project alone. */
export const isInstallation = () => session !== null && session.project_id === null;

/** What to do when somebody has logged in or out in another window; the shell says it. */
let elsewhere = () => {};
export const whenElsewhere = (run) => {
  elsewhere = run;
};

/** Notes a login; null: a logout. */
export function note(next) {
  session = next;
  if (next) localStorage.setItem(KEY, JSON.stringify(next));
  else localStorage.removeItem(KEY);
}

function read() {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY));
    return Array.isArray(stored?.permissions) ? stored : null;
  } catch {
    return null;
  }
}

/** All windows share the cookie, so whoever logs in by one is whom all of them act for. */
addEventListener("storage", (event) => {
  if (event.key !== KEY && event.key !== null) return;
  const before = who();
  session = read();
  if (who() !== before) elsewhere();
});

const who = () => session && JSON.stringify([session.name, session.permissions, session.project_id]);
