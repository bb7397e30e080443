// A shop on Express; each endpoint has a failure of its own.

import * as Sentry from "@sentry/node";
import express from "express";

const app = express();
app.use(express.json());

app.use((_request, _response, next) => {
  Sentry.setUser({ id: "42", email: "mia@example.com", username: "mia" });
  Sentry.setTag("service", "shop");
  next();
});

function totalOf(cart) {
  return cart.items.reduce((sum, item) => sum + item.price, 0);
}

app.get("/carts/:id/total", (request, response) => {
  response.json(totalOf({ id: request.params.id }));
});

async function checkPassword(name, password) {
  throw new RangeError(`no account of ${name.length} letters with ${typeof password}`);
}

app.post("/login", async (request, response) => {
  Sentry.addBreadcrumb({ category: "auth", message: "login", data: { ...request.body } });
  Sentry.setContext("form", { ...request.body });
  response.json(await checkPassword(request.body.name, request.body.password));
});

app.get("/prices/:sku", (request, response) => {
  try {
    throw new Error("the supplier does not answer", { cause: new TypeError("no route") });
  } catch (error) {
    Sentry.captureException(error);
    response.status(503).json({ sku: request.params.sku });
  }
});

app.post("/notices", (_request, response) => {
  Sentry.captureMessage("Stock is counted by hand", "warning");
  response.end();
});

Sentry.setupExpressErrorHandler(app);
app.use((_error, _request, response, _next) => response.status(500).end());

const server = app.listen(0, "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
