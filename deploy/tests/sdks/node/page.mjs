// Serves a page with the SDK of browsers in it, and says on which port.

import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { buildSync } from "esbuild";

const here = (name) => new URL(name, import.meta.url).pathname;
const bundle = buildSync({
  entryPoints: [here("page/shop.js")],
  bundle: true,
  write: false,
  define: {
    SENTRY_DSN: JSON.stringify(process.env.SENTRY_DSN),
    SENTRY_ENVIRONMENT: JSON.stringify(process.env.SENTRY_ENVIRONMENT),
    SENTRY_RELEASE: JSON.stringify(process.env.SENTRY_RELEASE),
  },
});
const files = {
  "/": ["text/html", readFileSync(here("page/index.html"))],
  "/shop.js": ["text/javascript", bundle.outputFiles[0].text],
};

const server = createServer((request, response) => {
  const [type, body] = files[new URL(request.url, "http://localhost").pathname] ?? ["text/plain", null];
  response.writeHead(body === null ? 404 : 200, { "content-type": `${type}; charset=utf-8` }).end(body);
});
server.listen(0, "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
