/** One style sheet a page and face; a second widget of the same kind reuses it. */
import base from './base.css';
export function wear(name, css) {
    put('base', base);
    put(name, css);
}
function put(name, css) {
    const id = `jp-coreskills-style-${name}`;
    const sheet = document.getElementById(id) ?? document.head.appendChild(Object.assign(document.createElement('style'), { id }));
    if (sheet.textContent !== css) {
        sheet.textContent = css;
    }
}
