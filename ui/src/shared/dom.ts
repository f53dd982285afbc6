/** Small DOM builders. Text always goes in as text, so nothing from outside can become markup. */

type Attributes = Record<string, string | number | boolean | null | undefined>;
export type Child = Node | string | null | undefined | false;

const SVG = 'http://www.w3.org/2000/svg';

/** Make an element; `null`, `undefined` and `false` attributes and children are left out. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  return dress(document.createElement(tag), attributes, children);
}

export function svg<K extends keyof SVGElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): SVGElementTagNameMap[K] {
  return dress(document.createElementNS(SVG, tag), attributes, children);
}

/** A real button, never a submit button. */
export function button(label: string, onClick: (event: MouseEvent) => void, attributes: Attributes = {}): HTMLButtonElement {
  const made = h('button', { type: 'button', class: 'jp-coreskills-button', ...attributes }, label);
  made.addEventListener('click', onClick);
  return made;
}

/** Put other children in, only when they differ in what they say: an unchanged node keeps focus and scroll. */
export function fill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren(...children.filter((child): child is Node | string => Boolean(child)));
}

/** Set text only when it changes, so that screen readers and layout stay quiet. */
export function say(node: Element, text: string): void {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

export function toggle(node: Element, isShown: boolean): void {
  node.toggleAttribute('hidden', !isShown);
}

let counter = 0;
/** An id no other widget on the page has. */
export function uid(name: string): string {
  counter += 1;
  return `jp-coreskills-${name}-${counter}-${Math.random().toString(36).slice(2, 7)}`;
}

/** Run at most four times a second, the last call always. */
export function paced(work: () => void, everyMs = 250): { (): void; stop(): void } {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let last = -Infinity;
  const run = (): void => {
    timer = null;
    last = performance.now();
    work();
  };
  const call = (): void => {
    if (timer === null) {
      const wait = last + everyMs - performance.now();
      if (wait <= 0) {
        run();
      } else {
        timer = setTimeout(run, wait);
      }
    }
  };
  call.stop = (): void => {
    if (timer !== null) {
      clearTimeout(timer);
    }
    timer = null;
  };
  return call;
}

const TAKES_KEYS = new Set(['button', 'input', 'summary']);

/**
 * Mark what can have the focus. JupyterLab's shortcuts are bound to `:focus`, which is this very element: the mark on a
 * parent comes too late, and `a` would add a cell. (lumino: CommandRegistry, targetDistance)
 */
export function keepKeys(element: Element): void {
  element.setAttribute('data-lm-suppress-shortcuts', 'true');
}

function dress<T extends Element>(element: T, attributes: Attributes, children: Child[]): T {
  if (TAKES_KEYS.has(element.localName) || 'tabindex' in attributes) {
    keepKeys(element);
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  fill(element, ...children);
  return element;
}
