/** The Replay tab: how a recording was found, or what keeps the nearest one from fitting. */

import { note } from '../shared/badge';
import { h } from '../shared/dom';
import { wordDiff } from '../shared/worddiff';
import type { IChange, IMiss, ITrace } from './data';
import { ignoredWords, nearestWords, replayWords } from './words';

export function replay(trace: ITrace): HTMLElement {
  if (trace.miss) {
    return missed(trace.miss);
  }
  const where = trace.cassette ? `${trace.cassette.file.split('/').pop()}, recording ${trace.cassette.index ?? '?'}` : '';
  const differs = ignoredWords((trace.notes?.differences ?? []).map(words => words.replace(/^differs in /, '')));
  return h('div', {}, h('p', {}, replayWords(trace)), differs && h('p', { class: 'jp-coreskills-small' }, differs), where && h('p', { class: 'jp-coreskills-small' }, where));
}

function missed(miss: IMiss): HTMLElement {
  const list = miss.changes ?? [];
  const shown = list.filter(change => change.before !== undefined && change.after !== undefined && (change.before ?? change.after) !== null);
  const named = list.filter(change => !shown.includes(change)).map(change => change.field);
  const ignored = ignoredWords(miss.ignored ?? []);
  return h(
    'div',
    { class: 'jp-coreskills-miss' },
    note('warn', miss.message ?? 'No recording fits this request.'),
    shown.length > 0 && h('p', {}, nearestWords(miss)),
    ...shown.map(changed),
    named.length > 0 && h('p', {}, `${shown.length > 0 ? 'also different' : 'different'}: ${named.join(', ')}`),
    ignored && h('p', { class: 'jp-coreskills-small' }, ignored),
  );
}

function changed(change: IChange): HTMLElement {
  return h('div', { class: 'jp-coreskills-changed-field' }, h('h4', {}, change.field), diff(change.before ?? '(not set)', change.after ?? '(not set)'));
}

/** Recorded and asked, one above the other or side by side; + and - say which is which. */
function diff(before: string, after: string): HTMLElement {
  const pieces = wordDiff(before, after);
  const line = (kind: 'del' | 'ins', sign: string, label: string): HTMLElement =>
    h('div', { class: 'jp-coreskills-diff' }, h('span', { class: 'jp-coreskills-sign' }, sign), h('span', { class: 'jp-coreskills-unheard' }, label), h('span', { dir: 'auto' }, ...pieces.filter(piece => piece.kind === 'same' || piece.kind === kind).map(piece => (piece.kind === 'same' ? piece.text : h(kind, {}, piece.text)))));
  return h('div', { class: 'jp-coreskills-sides' }, line('del', '-', 'recorded:'), line('ins', '+', 'this request:'));
}
