// Asks the API. Every request of every page goes through here: the form of answers and failures, the
// project that is looked at, the header that changes need, and the end of a session.

import { note } from "./session.js";

/** Longer than any answer may take: the service gives up after 10 s. */
const TIMEOUT = 15_000;

/** What the API refused, in its own words. */
export class Failure extends Error {
  constructor(status, body) {
    super(body.error ?? "The service does not answer; try again in a moment");
    this.status = status;
    this.code = body.code ?? "";
    this.details = body.details ?? {};
    this.requestId = body.request_id ?? null;
    const faults = this.details.errors;
    if (Array.isArray(faults) && faults.length > 0) {
      this.message = faults.map((fault) => `${fault.field} ${fault.message}`).join("; ");
    }
  }
}

/** The project that is looked at; null: all. */
let project = null;

/** Looks at one project, or at all. */
export function lookAt(id) {
  project = id;
}

/** The project that is looked at. */
export const lookedAt = () => project;

/** What to do when the session has ended; the shell says it. */
let ended = () => {};
export const whenEnded = (run) => {
  ended = run;
};

/**
 * Reads.
 * @param {Object<string, any>} [query] null and empty values are left out, lists joined by comma
 */
export const get = (path, query, signal) => ask("GET", path, { query, signal });

/** Changes. The answer is its data, or null where there is none. */
export const post = (path, body = {}, query) => ask("POST", path, { body, query });
export const put = (path, body = {}, query) => ask("PUT", path, { body, query });
export const remove = (path, query) => ask("DELETE", path, { query });

/** The address of a path with a query. */
export function address(path, query = {}) {
  const all = { project_id: project, ...query };
  const given = Object.entries(all).filter(
    ([, value]) => value !== null && value !== undefined && String(value) !== "",
  );
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${path}?${text}` : path;
}

async function ask(method, path, { query, body, signal }) {
  const headers = { "X-Requested-With": "dashboard" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const limit = AbortSignal.timeout(TIMEOUT);
  const options = {
    method,
    headers,
    cache: "no-store",
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  };
  const response = await fetch(address(path, query), options).catch((error) => {
    if (signal?.aborted) throw error;
    throw new Failure(0, {});
  });
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer.data;
  const failure = new Failure(response.status, answer);
  if (failure.status === 401 && path !== "/api/login") {
    failure.message = "Your session has ended";
    note(null);
    ended();
  }
  throw failure;
}
