/** Text from outside: shown as text, cut with notice, findable, copyable. */

import { button, fill, h, say } from './dom';
import { count, visible } from './format';
import { download } from './file';

const HEAD = 2000;
const MOST_MARKS = 500;
const WORTH_COPYING = 200;

export interface IOutsideOptions {
  /** For the download's name and the labels: "request". */
  name: string;
  isProse?: boolean;
}

/** A block of outside text with its tools; short text gets no tools but copy. */
export function outside(raw: string, { name, isProse = false }: IOutsideOptions): HTMLElement {
  const text = visible(raw);
  const isLong = text.length > HEAD;
  const block = h('div', { class: `jp-coreskills-raw${isProse ? ' jp-coreskills-prose' : ''}`, dir: 'auto', tabindex: 0, role: 'group', 'aria-label': name });
  const status = h('span', { class: 'jp-coreskills-small', role: 'status' });
  const find = h('input', { class: 'jp-coreskills-input', type: 'search', placeholder: 'find in text', 'aria-label': `Find in ${name}` });
  const all = button(`Show all ${count(text.length)} characters`, () => show(true));
  let isWhole = !isLong;
  let at = 0;

  function show(whole: boolean): void {
    isWhole = whole;
    all.hidden = isWhole;
    draw();
  }

  function draw(): void {
    const shown = isWhole ? text : text.slice(0, HEAD);
    const found = find.value ? marked(shown, find.value) : null;
    fill(block, ...(found ? found.nodes : [shown]));
    say(status, found ? `${count(found.total)} found` : isWhole ? '' : `${count(text.length - HEAD)} more characters are not shown`);
    at = 0;
  }

  find.addEventListener('input', () => {
    isWhole = isWhole || find.value !== '';
    all.hidden = isWhole;
    draw();
  });
  find.addEventListener('keydown', event => {
    const marks = block.querySelectorAll('mark');
    if (event.key === 'Enter' && marks.length > 0) {
      marks.forEach(mark => mark.removeAttribute('data-current'));
      const mark = marks[at % marks.length]!;
      mark.setAttribute('data-current', '');
      block.scrollTop = mark.offsetTop - block.offsetTop - block.clientHeight / 2;
      at += 1;
      event.preventDefault();
    }
  });
  draw();
  all.hidden = isWhole;
  const tools = h('div', { class: 'jp-coreskills-row' }, isLong && find, all, status, h('span', { class: 'jp-coreskills-push jp-coreskills-row' }, copyButton(() => raw, `Copy ${name}`), isLong && button('Download', () => download(`${name}.txt`, 'text/plain', raw))));
  tools.hidden = isProse && text.length < WORTH_COPYING;
  return h('div', { class: 'jp-coreskills-outside' }, block, tools);
}

export function copyButton(text: () => string, label: string, words = 'Copy'): HTMLButtonElement {
  const made = button(words, () => {
    void copy(text()).then(isDone => {
      say(made, isDone ? 'Copied' : 'Not copied');
      setTimeout(() => say(made, words), 1500);
    });
  }, { 'aria-label': label });
  return made;
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // an insecure page, or no permission
  }
}

function marked(text: string, words: string): { nodes: (Node | string)[]; total: number } {
  const nodes: (Node | string)[] = [];
  const [low, wanted] = [text.toLowerCase(), words.toLowerCase()];
  let from = 0;
  let total = 0;
  for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, at + wanted.length)) {
    total += 1;
    if (total <= MOST_MARKS) {
      nodes.push(text.slice(from, at), h('mark', {}, text.slice(at, at + wanted.length)));
      from = at + wanted.length;
    }
  }
  nodes.push(text.slice(from));
  return { nodes, total };
}
