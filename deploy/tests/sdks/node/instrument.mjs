// Loaded before the program, as the SDK wants it. The SDK is told to hide nothing, so that what is hidden
// was hidden by the server.

import * as Sentry from "@sentry/node";

Sentry.init({
  dsn: process.env.SENTRY_DSN,
  environment: process.env.SENTRY_ENVIRONMENT,
  release: process.env.SENTRY_RELEASE,
  sendDefaultPii: true,
  includeLocalVariables: true,
  tracesSampleRate: 1.0,
});
