/** The twins of the pictures: ranked tables, and the metrics. */

import { h } from '../shared/dom';
import { score } from '../shared/format';
import { sortableTable } from '../shared/table';
import type { IFacts, IHit, Side } from './data';
import { changeWords, listTitle, remarks, whyWords } from './words';

export function asTables(facts: IFacts, hits: readonly IHit[]): HTMLElement {
  return h('div', { class: 'jp-coreskills-tables' }, ...(['a', 'b'] as const).map(side => rankedTable(facts, hits.filter(hit => hit.side === side), side)));
}

function rankedTable(facts: IFacts, hits: readonly IHit[], side: Side): HTMLElement | null {
  const [mine, other] = side === 'a' ? [facts.retriever, facts.other_retriever] : [facts.other_retriever, facts.retriever];
  if (!mine || hits.length === 0) {
    return null;
  }
  const title = listTitle(mine, hits.length);
  const table = sortableTable<IHit>(
    title,
    [
      { name: 'Rank', isNumber: true, cell: hit => String(hit.rank), compare: (left, right) => left.rank - right.rank },
      { name: 'Source', cell: hit => hit.label, compare: (left, right) => left.label.localeCompare(right.label) },
      { name: 'Score', isNumber: true, cell: hit => score(hit.score), compare: (left, right) => (left.score ?? -Infinity) - (right.score ?? -Infinity) },
      { name: 'Why', cell: hit => [...remarks(hit), other ? changeWords(hit, other.name) : '', whyWords(hit)].filter(Boolean).join('; ') },
    ],
    hits,
  );
  return h('div', {}, h('h3', {}, title), table);
}

export function metricsTable(facts: IFacts): HTMLElement {
  const first = facts.metrics.a ?? [];
  if (first.length === 0) {
    return h('p', {}, 'Give gold_ids, the right chunks, to see recall, precision, reciprocal rank and nDCG.');
  }
  const second = new Map(facts.metrics.b ?? []);
  const heads = ['Measure', facts.retriever.name, ...(second.size ? [facts.other_retriever!.name] : [])];
  return h(
    'table',
    { class: 'jp-coreskills-table' },
    h('caption', { class: 'jp-coreskills-unheard' }, 'Metrics'),
    h('thead', {}, h('tr', {}, ...heads.map((name, index) => h('th', { scope: 'col', class: index ? 'jp-coreskills-number' : null }, name)))),
    h('tbody', {}, ...first.map(([name, value]) => h('tr', {}, h('td', {}, name), h('td', { class: 'jp-coreskills-number' }, value.toFixed(3)), second.size ? h('td', { class: 'jp-coreskills-number' }, second.get(name)?.toFixed(3) ?? '') : null))),
  );
}
