// Makes elements. The only place that does: what is shown becomes text nodes and attributes, never
// markup, so nothing that an event holds can run.

const SVG = "http://www.w3.org/2000/svg";

/** What belongs to the element as it is now, and not to the markup it came from. */
const PROPERTIES = new Set(["value", "checked", "selected", "disabled", "indeterminate", "open"]);

/** Addresses that a link may lead to; others, such as `javascript:`, are left out. */
const SAFE_ADDRESS = /^(https?:\/\/|mailto:|\/(?!\/)|#|\?)/i;

/**
 * An element of HTML.
 * @param {string} tag
 * @param {Object<string, any>} [props] attributes; `on…` listeners; `style` as an object
 * @param {...any} children texts, nodes, arrays of them; null and false are left out
 */
export function h(tag, props, ...children) {
  return build(document.createElement(tag), props, children);
}

/** An element of SVG; as {@link h}. */
export function svg(tag, props, ...children) {
  return build(document.createElementNS(SVG, tag), props, children);
}

/** Puts children in the place of those that a node has. */
export function fill(node, ...children) {
  node.replaceChildren(...flat(children));
  return node;
}

/**
 * Puts children in the place of those that a node has. Whoever stands on one that is there again, by
 * the name in its `data-at`, goes on standing on it.
 */
export function refill(node, ...children) {
  const name = node.contains(document.activeElement) && document.activeElement.dataset.at;
  fill(node, ...children);
  if (name) node.querySelector(`[data-at="${CSS.escape(name)}"]`)?.focus({ preventScroll: true });
  return node;
}

function build(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) set(node, name, value);
  node.append(...flat(children));
  return node;
}

function set(node, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith("on")) {
    node.addEventListener(name.slice(2), value);
  } else if (name === "style") {
    for (const [property, text] of Object.entries(value)) node.style.setProperty(property, text);
  } else if (name === "href" && !SAFE_ADDRESS.test(value)) {
    return;
  } else if (PROPERTIES.has(name)) {
    node[name] = value;
  } else {
    node.setAttribute(name, value === true ? "" : String(value));
  }
}

function flat(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}
