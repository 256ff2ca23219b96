/** Elements are built by functions, never from markup: the name of a file, a class or a table always stays text. */

/** @import { Child, Props } from "./types.d.ts" */

/**
 * An HTML element: `h("button", { class: "primary", on: { click } }, "Clear")`. A name that is a property of the element
 * (value, checked, disabled, ...) sets the property, any other name sets an attribute; `on` holds event listeners.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Props} [props]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "on" || value === null || value === undefined) continue;
    if (name in element && !name.startsWith("aria") && name !== "list" && name !== "form") Reflect.set(element, name, value);
    else setAttribute(element, name, value);
  }
  return withChildren(element, props, children);
}

/**
 * An SVG element.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Props} [props]
 * @param {...(Child | Child[])} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, props = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(props)) if (name !== "on") setAttribute(element, name, value);
  return withChildren(element, props, children);
}

/**
 * Replace the children of an element; null, undefined and false are left out.
 * @param {Element} element
 * @param {...(Child | Child[])} children
 */
export function replaceChildren(element, ...children) {
  element.replaceChildren(...toNodes(children));
}

/**
 * Set a text only if it differs: a screen reader reads a status again whenever it is set.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * The position of a pointer within an element, as fractions of its width and height, each below 1.
 * @param {MouseEvent} event
 * @param {Element} element
 * @returns {[x: number, y: number]}
 */
export function pointerPosition(event, element) {
  const box = element.getBoundingClientRect();
  const clamp = (/** @type {number} */ fraction) => Math.min(0.999999, Math.max(0, fraction));
  return [clamp((event.clientX - box.left) / box.width), clamp((event.clientY - box.top) / box.height)];
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {unknown} value
 */
function setAttribute(element, name, value) {
  if (value === false || value === null || value === undefined) return;
  element.setAttribute(name, value === true ? "" : String(value));
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {Props} props
 * @param {(Child | Child[])[]} children
 * @returns {E}
 */
function withChildren(element, props, children) {
  for (const [event, listener] of Object.entries(props.on ?? {})) element.addEventListener(event, listener);
  element.append(...toNodes(children));
  return element;
}

/**
 * @param {(Child | Child[])[]} children
 * @returns {(Node | string)[]}
 */
function toNodes(children) {
  return children
    .flat()
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}
