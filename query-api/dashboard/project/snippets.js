// What a program of each kind needs to report its errors here.

/** @type {{name: string, install: string, code: (dsn: string, origin: string) => string}[]} */
export const SNIPPETS = [
  {
    name: "Python",
    install: "pip install 'sentry-sdk[fastapi]'",
    code: (dsn) => `import sentry_sdk

sentry_sdk.init(
    dsn="${dsn}",
    environment="production",
    release="my-app@1.0.0",
)

# FastAPI, Flask, Django and Celery are found by themselves.
`,
  },
  {
    name: "Node.js",
    install: "npm install @sentry/node",
    code: (dsn) => `// instrument.mjs, loaded first: node --import ./instrument.mjs app.mjs
import * as Sentry from "@sentry/node";

Sentry.init({
  dsn: "${dsn}",
  environment: "production",
  release: "my-app@1.0.0",
});
`,
  },
  {
    name: "Browser",
    install: "npm install @sentry/browser",
    code: (dsn) => `import * as Sentry from "@sentry/browser";

Sentry.init({
  dsn: "${dsn}",
  environment: "production",
  release: "my-shop@1.0.0",
});
`,
  },
  {
    name: "Rust",
    install: "cargo add sentry",
    code: (dsn) => `fn main() {
    let _guard = sentry::init((
        "${dsn}",
        sentry::ClientOptions {
            release: sentry::release_name!(),
            environment: Some("production".into()),
            ..Default::default()
        },
    ));
    // ...
}
`,
  },
  {
    name: "curl",
    install: "",
    code: (dsn, origin) => `# With a key that has the permission ingest, or the one of the DSN.
curl -X POST ${origin}/api/errors \\
  -H 'X-API-Key: ${new URL(dsn).username}' \\
  -H 'Content-Type: application/json' \\
  -d '{"message": "It broke", "source": "shell", "level": "error"}'
`,
  },
];
