/** The open chunk: in its page where that is known, with its matches one after the other. */

import { button, h, say } from '../shared/dom';
import { count, visible } from '../shared/format';
import { copyButton } from '../shared/outside';
import type { IHit, IHitDetail } from './data';
import { marked } from './marked';
import { changeWords, partRows, rarityWords, remarks, whyWords } from './words';

const AROUND = 600;
const HEAD = 2000;

export function pageOf(hit: IHit, detail: IHitDetail, other: string): HTMLElement {
  const chunk = h('div', { class: 'jp-coreskills-chunk', dir: 'auto' });
  const text = h('div', { class: 'jp-coreskills-raw jp-coreskills-prose jp-coreskills-page', tabindex: 0, role: 'group', 'aria-label': `Text of ${hit.label}` });
  const status = h('span', { class: 'jp-coreskills-small', role: 'status' });
  const isLong = detail.text.length > HEAD;
  const all = button(`Show all ${count(detail.text.length)} characters`, () => show(true));
  let at = -1;

  function show(isWhole: boolean): void {
    const shown = isWhole ? detail.text : Array.from(detail.text.slice(0, HEAD * 2)).slice(0, HEAD).join('');
    const marks = isWhole ? detail.matched : detail.matched.filter(([, end]) => end <= HEAD);
    chunk.replaceChildren(...marked(shown, marks));
    all.hidden = isWhole;
    say(status, isWhole ? '' : `${count(detail.text.length - HEAD)} more characters are not shown`);
  }

  function step(by: number): void {
    const marks = chunk.querySelectorAll('mark');
    if (marks.length === 0) {
      return;
    }
    marks[at]?.removeAttribute('data-current');
    at = (at + by + marks.length) % marks.length;
    const mark = marks[at]!;
    mark.setAttribute('data-current', '');
    text.scrollTop = mark.offsetTop - text.clientHeight / 2;
    say(status, `match ${at + 1} of ${marks.length}`);
  }

  show(!isLong);
  const page = detail.page;
  if (page) {
    text.append(around(page.before.slice(-AROUND), page.before.length > AROUND ? '\u2026' : '', true), chunk, around(page.after.slice(0, AROUND), page.after.length > AROUND ? '\u2026' : '', false));
  } else {
    text.append(chunk);
  }
  requestAnimationFrame(() => (text.scrollTop = Math.max(0, chunk.offsetTop - 60)));
  const hasMatches = detail.matched.length > 0;
  return h(
    'div',
    { class: 'jp-coreskills-open' },
    h('h3', { tabindex: -1 }, visible(`Rank ${hit.rank}: ${hit.label}`)),
    h('p', {}, [...remarks(hit), changeWords(hit, other), whyWords(hit)].filter(Boolean).join(' \u00b7 ')),
    rarityWords(hit) && h('p', { class: 'jp-coreskills-small' }, rarityWords(hit)),
    hit.unmatched.length > 0 && h('p', { class: 'jp-coreskills-small' }, `not matched: ${hit.unmatched.join(', ')}`),
    page?.overlaps.length ? h('p', {}, `Overlaps ${page.overlaps.map(overlap => `rank ${overlap.rank} by ${count(overlap.chars)} characters`).join(', ')}`) : null,
    !page && h('p', { class: 'jp-coreskills-small' }, 'The page around this chunk is not known: this is the chunk alone.'),
    h('div', { class: 'jp-coreskills-row' }, hasMatches && button('Previous match', () => step(-1)), hasMatches && button('Next match', () => step(1)), isLong && all, status, h('span', { class: 'jp-coreskills-push' }, copyButton(() => detail.text, `Copy the text of ${hit.label}`))),
    text,
    parts(hit),
    meta(hit),
  );
}

function around(words: string, dots: string, isBefore: boolean): HTMLElement {
  return h('span', { class: 'jp-coreskills-around', dir: 'auto' }, visible(isBefore ? dots + words : words + dots));
}

function parts(hit: IHit): HTMLElement | null {
  const rows = partRows(hit.parts);
  if (rows.length === 0) {
    return null;
  }
  return h(
    'table',
    { class: 'jp-coreskills-table' },
    h('caption', { class: 'jp-coreskills-small' }, 'What the score is made of'),
    h('thead', {}, h('tr', {}, ...['Part', 'Rank there', 'Added'].map(name => h('th', { scope: 'col' }, name)))),
    h('tbody', {}, ...rows.map(row => h('tr', {}, ...row.map(cell => h('td', {}, cell))))),
  );
}

function meta(hit: IHit): HTMLElement | null {
  const entries = Object.entries(hit.meta);
  return entries.length === 0 ? null : h('p', { class: 'jp-coreskills-small' }, entries.map(([name, value]) => `${name}: ${value}`).join(' \u00b7 '));
}
