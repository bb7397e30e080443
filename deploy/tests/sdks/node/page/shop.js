// A page that fails by itself as soon as it is there.

import * as Sentry from "@sentry/browser";

Sentry.init({
  dsn: SENTRY_DSN,
  environment: SENTRY_ENVIRONMENT,
  release: SENTRY_RELEASE,
  sendDefaultPii: true,
});
Sentry.setUser({ id: "42", email: "mia@example.com", username: "mia" });
Sentry.setTag("service", "shop");

function payCart(cart) {
  return cart.items.length;
}

function askPrice(sku) {
  throw new RangeError(`no price of ${sku.length}`);
}

async function sendOrder() {
  throw new TypeError("the order can not be sent");
}

const secret = new URLSearchParams(location.search).get("password");
document.cookie = `session=${secret}`;
Sentry.addBreadcrumb({ category: "auth", message: "login", data: { password: secret } });
Sentry.setContext("form", { password: secret, Authorization: `Bearer ${secret}`, Cookie: document.cookie });

document.getElementById("pay").addEventListener("click", () => payCart({}));
document.getElementById("pay").click();
try {
  askPrice("desk");
} catch (error) {
  Sentry.captureException(error);
}
sendOrder();
Sentry.captureMessage("Stock is counted by hand", "warning");
