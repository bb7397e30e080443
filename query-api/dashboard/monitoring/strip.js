// Uptime over time: a bar for each stretch, the part that was down in red from the top.

import { h, svg } from "../ui/h.js";
import { measured } from "../ui/format.js";
import { Buckets } from "../ui/time.js";

const HEIGHT = 24;

/** A downtime of seconds is seen, too. */
const LEAST = 3;

/**
 * @param {string} title
 * @param {{timestamp: string, uptime_percent: ?number}[]} stretches oldest first; null: not known
 * @param {number} length of each, in milliseconds
 */
export function strip(title, stretches, length) {
  if (stretches.length === 0) return null;
  const buckets = new Buckets(length);
  const said = (percent) => (percent === null ? "not checked" : `${measured(percent)} % up`);
  const bar = ({ timestamp, uptime_percent: percent }, index) => {
    const box = { x: index * 10 + 0.5, width: 9 };
    return svg(
      "g",
      {},
      svg("title", {}, `${buckets.text(timestamp)}\n${said(percent)}`),
      svg("rect", { class: percent === null ? "uptime-unknown" : "uptime-up", ...box, height: HEIGHT }),
      percent !== null && percent < 100 && svg("rect", { class: "uptime-down", ...box, height: down(percent) }),
    );
  };
  const worst = stretches.map((each) => each.uptime_percent).filter((percent) => percent !== null);
  const label = `${title}: ${worst.length > 0 ? `at least ${said(Math.min(...worst))}` : said(null)}`;
  const view = { viewBox: `0 0 ${stretches.length * 10} ${HEIGHT}`, preserveAspectRatio: "none" };
  return h(
    "figure",
    { class: "chart" },
    svg("svg", { class: "uptime", ...view, role: "img", "aria-label": label }, stretches.map(bar)),
    h("figcaption", {}, h("span", {}, title), h("span", {}, buckets.clock)),
  );
}

const down = (percent) => Math.max(LEAST, ((100 - percent) / 100) * HEIGHT);
