// What happens, told as it happens: one connection for the page that is shown, which comes back by
// itself and goes on where it was. A WebSocket, because browsers count other requests that stay open
// against the few they allow themselves.

import { address } from "./api.js";

/** Types of messages that say how the connection fares, for whoever shows it. */
export const UP = "up";
export const DOWN = "down";

const ENDINGS = new Set(["dropped", "ended", "bye"]);
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;

const listeners = new EventTarget();
let socket = null;
let lastId = null;
let pause = FIRST_PAUSE;
let again = null;

/** Hears messages of a type until the signal. */
export function on(type, run, signal) {
  listeners.addEventListener(type, (event) => run(event.detail), { signal });
}

/**
 * Makes of a function one that is run at once when it is called, and again no sooner than after so many
 * milliseconds, however often it is called meanwhile.
 */
export function paced(period, run, signal) {
  let last = -Infinity;
  let timer = null;
  const now = () => {
    timer = null;
    last = performance.now();
    run();
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  return () => {
    if (timer !== null || signal.aborted) return;
    const wait = last + period - performance.now();
    if (wait <= 0) now();
    else timer = setTimeout(now, wait);
  };
}

/** Connects, or connects anew for another project. */
export function connect() {
  disconnect();
  lastId = null;
  open();
}

/** Whether there is a connection, or an attempt at one. */
export const isOpen = () => socket !== null;

/** Hears nothing any more. */
export function disconnect() {
  clearTimeout(again);
  const old = socket;
  socket = null;
  old?.close();
}

function open() {
  const path = address("/api/live", { last_id: lastId });
  const mine = new WebSocket(`${location.origin.replace(/^http/, "ws")}${path}`);
  socket = mine;
  mine.addEventListener("message", (event) => mine === socket && hear(event.data));
  mine.addEventListener("close", () => {
    if (mine !== socket) return;
    tell({ type: DOWN });
    again = setTimeout(open, pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  });
}

function hear(text) {
  const message = JSON.parse(text);
  lastId = message.last_id ?? lastId;
  if (message.type === "hello") {
    pause = FIRST_PAUSE;
    tell({ type: UP });
  }
  if (!ENDINGS.has(message.type)) tell(message);
}

function tell(message) {
  listeners.dispatchEvent(new CustomEvent(message.type, { detail: message }));
}
