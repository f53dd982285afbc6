/** Small DOM builders. Text always goes in as text, so nothing from outside can become markup. */
const SVG = 'http://www.w3.org/2000/svg';
/** Make an element; `null`, `undefined` and `false` attributes and children are left out. */
export function h(tag, attributes = {}, ...children) {
    return dress(document.createElement(tag), attributes, children);
}
export function svg(tag, attributes = {}, ...children) {
    return dress(document.createElementNS(SVG, tag), attributes, children);
}
/** A real button, never a submit button. */
export function button(label, onClick, attributes = {}) {
    const made = h('button', { type: 'button', class: 'jp-coreskills-button', ...attributes }, label);
    made.addEventListener('click', onClick);
    return made;
}
/** Put other children in, only when they differ in what they say: an unchanged node keeps focus and scroll. */
export function fill(parent, ...children) {
    parent.replaceChildren(...children.filter((child) => Boolean(child)));
}
/** Set text only when it changes, so that screen readers and layout stay quiet. */
export function say(node, text) {
    if (node.textContent !== text) {
        node.textContent = text;
    }
}
export function toggle(node, isShown) {
    node.toggleAttribute('hidden', !isShown);
}
let counter = 0;
/** An id no other widget on the page has. */
export function uid(name) {
    counter += 1;
    return `jp-coreskills-${name}-${counter}-${Math.random().toString(36).slice(2, 7)}`;
}
/** Run at most four times a second, the last call always. */
export function paced(work, everyMs = 250) {
    let timer = null;
    let last = -Infinity;
    const run = () => {
        timer = null;
        last = performance.now();
        work();
    };
    const call = () => {
        if (timer === null) {
            const wait = last + everyMs - performance.now();
            if (wait <= 0) {
                run();
            }
            else {
                timer = setTimeout(run, wait);
            }
        }
    };
    call.stop = () => {
        if (timer !== null) {
            clearTimeout(timer);
        }
        timer = null;
    };
    return call;
}
function dress(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        if (value !== null && value !== undefined && value !== false) {
            element.setAttribute(name, value === true ? '' : String(value));
        }
    }
    fill(element, ...children);
    return element;
}
