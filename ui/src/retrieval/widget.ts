/** RetrievalViewer: why did it find this, and what did it miss? */

import { note } from '../shared/badge';
import { leaveOnEscape } from '../shared/cells';
import { button, fill, h, paced, toggle } from '../shared/dom';
import { duration, money, visible } from '../shared/format';
import { Rows, type IRendering } from '../shared/model';
import { wear } from '../shared/styles';
import { tabs, type ITab } from '../shared/tabs';
import type { IFacts, IHit, IHitDetail, Side } from './data';
import { rankedLists } from './lists';
import { mapView, type IMapView } from './map';
import { pageOf } from './page';
import css from './retrieval.css';
import { asTables, metricsTable } from './tables';

function render({ model, el }: IRendering<IFacts>): () => void {
  wear('retrieval', css);
  const facts = (): IFacts => model.get('facts');
  const rows = new Rows<IFacts, IHit>(model, () => redraw());
  const top = h('div', { class: 'jp-coreskills-retrieval' });
  const pane = h('div', { hidden: true });
  const lists = rankedLists(hit => void open(hit), id => map?.point(id));
  const board = h('div', { class: 'jp-coreskills-board' }, lists.node, pane);
  let map: IMapView | null = null;
  const list: ITab[] = [
    { name: 'Hits', build: () => board },
    ...(facts().map ? [{ name: 'Map', build: drawMap }] : []),
    { name: 'Metrics', build: () => metricsTable(facts()) },
    { name: 'As table', build: () => asTables(facts(), known()) },
  ];
  const views = tabs('Views of the retrieval', list);

  function known(): readonly IHit[] {
    return rows.rows.length > 0 ? rows.rows : facts().first;
  }

  function drawMap(): HTMLElement {
    map = mapView(facts().map!, known(), hit => {
      views.show('Hits');
      lists.focus(hit);
      void open(hit);
    });
    return map.node;
  }

  async function open(hit: IHit): Promise<void> {
    const detail = (await rows.detail(`${hit.side}:${hit.rank}`)) as IHitDetail | null;
    const other = hit.side === 'a' ? facts().other_retriever?.name ?? '' : facts().retriever.name;
    const known_ = detail ?? { text: hit.head, matched: hit.marks, page: null, source: {} };
    const cut = !detail && hit.n_chars > hit.head.length ? note('warn', `The kernel does not answer, so this is the head of ${hit.n_chars.toLocaleString('en')} characters. Run the cell again to see all.`) : null;
    fill(pane, cut, pageOf(hit, known_, other), button('Close', shut));
    board.setAttribute('data-opened', '');
    toggle(pane, true);
  }

  function shut(): void {
    toggle(pane, false);
    board.removeAttribute('data-opened');
    (board.querySelector('[aria-expanded=true]') as HTMLElement | null)?.focus();
  }

  function draw(): void {
    const now = facts();
    fill(
      top,
      h('p', { class: 'jp-coreskills-query-text', dir: 'auto' }, `\u201c${visible(now.query)}\u201d`),
      h('p', { class: 'jp-coreskills-verdict' }, now.verdict),
      ...now.warnings.map(warning => note(warning.level, warning.words)),
      now.other_error && note('warn', `${now.other_retriever?.name ?? 'The second retriever'} failed: ${now.other_error} The first list stays.`),
      ...(['a', 'b'] as const).map(side => unmatched(now, side)),
      cost(now),
      now.n_listed === 0 && h('p', {}, now.filter ? `The filter "${now.filter}" left nothing to search. Widen it.` : 'No chunk was returned. Check that the index holds documents, and that k is above 0.'),
    );
    toggle(views.bar, now.n_listed > 0);
    toggle(views.panel, now.n_listed > 0);
    if (now.n_listed > 0) {
      lists.show(now, known());
      views.redraw();
    }
  }

  const redraw = paced(draw);
  const changed = (): void => redraw();
  pane.addEventListener('keydown', event => {
    if (event.key === 'Escape') {
      shut();
      event.stopPropagation();
    }
  });
  model.on('change:facts', changed);
  const root = h('div', { class: 'jp-coreskills', role: 'group', 'aria-label': 'Retrieval' }, h('div', { class: 'jp-coreskills-card jp-coreskills-retrieval' }, top, views.bar, views.panel));
  leaveOnEscape(root);
  el.append(root);
  draw();
  if (facts().n_listed > facts().first.length) {
    rows.want();
  }
  return () => {
    model.off('change:facts', changed);
    redraw.stop();
    rows.close();
    lists.close();
  };
}

function unmatched(facts: IFacts, side: Side): HTMLElement | null {
  const words = facts.unmatched[side] ?? [];
  const name = side === 'a' ? facts.retriever.name : facts.other_retriever?.name;
  return words.length > 0 && facts.n[side] ? h('p', { class: 'jp-coreskills-small' }, `not matched by any hit of ${name}: ${words.join(', ')}`) : null;
}

function cost(facts: IFacts): HTMLElement | null {
  const parts = [facts.latency_ms === null ? '' : duration(facts.latency_ms), facts.cost_usd === null ? '' : money(facts.cost_usd)].filter(Boolean);
  return parts.length > 0 ? h('p', { class: 'jp-coreskills-small' }, parts.join(' \u00b7 ')) : null;
}

export default { render };
