// A test error: reported by the project's own DSN, as a program would, and waited for until it can be
// read.

import { get, post } from "../api.js";

/** It is visible within a second under normal load; a system that is busy may take longer. */
const PATIENCE = 20_000;
const LOOK_AGAIN = 400;

/** Reports an error and answers its event once it can be read; `told` is told how far it is. */
export async function tryOut(project, told, signal) {
  const id = crypto.randomUUID().replaceAll("-", "");
  told("Reporting it…");
  const key = new URL(project.dsn).username;
  await post(`/api/${project.id}/store/`, event(id), {
    sentry_key: key,
    sentry_version: "7",
    project_id: null,
  });
  told("Taken. Waiting until it can be read…");
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    try {
      return await get(`/api/events/${id}`, { project_id: project.id }, signal);
    } catch (failure) {
      if (failure.status !== 404 || performance.now() > deadline) throw failure;
    }
    await new Promise((resume) => setTimeout(resume, LOOK_AGAIN));
  }
}

function event(id) {
  const frame = (name, lineno, line) => ({
    function: name,
    filename: "dashboard/trial.js",
    lineno,
    in_app: true,
    context_line: line,
  });
  return {
    event_id: id,
    platform: "javascript",
    level: "error",
    environment: "test",
    release: "dashboard",
    exception: {
      values: [
        {
          type: "TestError",
          value: "This is a test: errors of this project arrive",
          stacktrace: {
            frames: [
              frame("pressButton", 12, "tryOut(project);"),
              frame("tryOut", 31, "throw new TestError();"),
            ],
          },
        },
      ],
    },
    tags: { test: "yes" },
  };
}
