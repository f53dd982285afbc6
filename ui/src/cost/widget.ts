/** CostMeter: what did this cost, and am I within budget? */

import { badge } from '../shared/badge';
import { goToCell, leaveOnEscape } from '../shared/cells';
import { button, fill, h, paced, say, toggle } from '../shared/dom';
import { download } from '../shared/file';
import { count, visible } from '../shared/format';
import { Rows, withRecent, type IRendering } from '../shared/model';
import { wear } from '../shared/styles';
import { tabs } from '../shared/tabs';
import { callsCsv, callsGrid, matches, type ICall } from './calls';
import { traceDetail } from '../trace/detail';
import traceCss from '../trace/trace.css';
import type { ITrace } from '../trace/data';
import css from './cost.css';
import { bar, below, counts, headline, notes, type ICostFacts } from './meter';
import { partTable, type ICellPart } from './parts';
import { ribbon, ribbonSentence } from './ribbon';
import { crossed, judge, type Level } from './spend';

const FULL = 900;

function render({ model, el }: IRendering<ICostFacts>): () => void {
  wear('cost', css);
  wear('trace', traceCss);
  const facts = (): ICostFacts => model.get('facts');
  const rows = new Rows<ICostFacts, ICall>(model, () => redraw());
  const top = h('div', { class: 'jp-coreskills-cost' });
  const voice = h('div', { role: 'status', class: 'jp-coreskills-unheard' });
  const opened = h('div', { hidden: true });
  const details = h('div', { class: 'jp-coreskills-details' });
  const find = h('input', { class: 'jp-coreskills-input', type: 'search', placeholder: 'find', 'aria-label': 'Find in calls' });
  const grid = callsGrid(call => void open(call));
  const parts = tabs('Cost', [
    { name: 'By cell', build: () => partTable('By cell', { name: 'Cell', cell: cellLink, compare: byPlace }, facts().by_cell) },
    { name: 'By model', build: () => partTable('By model', { name: 'Model', cell: part => visible(part.model), compare: (a, b) => a.model.localeCompare(b.model) }, facts().by_model) },
    { name: 'Calls', build: showCalls },
  ], name => toggle(find, name === 'Calls'));
  const more = button('Details', () => unfold(!details.hasAttribute('data-open')), { class: 'jp-coreskills-button jp-coreskills-details-button', 'aria-expanded': 'false' });
  const csv = button('Download CSV', () => void save());
  let spokenLevel: Level = judge(facts()).level;

  function cellLink(part: ICellPart): HTMLElement | string {
    return part.cell_id ? button(visible(part.label), () => show(part), { class: 'jp-coreskills-link' }) : visible(part.label);
  }

  function byPlace(left: ICellPart, right: ICellPart): number {
    return (left.order ?? 1e9) - (right.order ?? 1e9);
  }

  function show(part: ICellPart): void {
    if (!part.cell_id || !goToCell(el, part.cell_id)) {
      unfold(true);
      parts.show('Calls');
      find.value = part.label;
      redraw();
    }
  }

  function unfold(isOpen: boolean): void {
    details.toggleAttribute('data-open', isOpen);
    more.setAttribute('aria-expanded', String(isOpen));
    say(more, isOpen ? 'Fewer details' : 'Details');
    drawDetails();
  }

  function known(): readonly ICall[] {
    return withRecent(rows.rows, facts().recent, facts().n_calls);
  }

  function showCalls(): HTMLElement {
    if (rows.rows.length < facts().n_calls) {
      rows.want();
    }
    const found = known().filter(call => matches(call, find.value)).reverse();
    grid.show(found);
    return grid.node;
  }

  async function open(call: ICall): Promise<void> {
    toggle(opened, true);
    const back = button('Back to the list', close);
    fill(opened, back, h('p', { class: 'jp-coreskills-small' }, 'Asking the gateway\u2026'));
    const trace = (await rows.detail(call.id)) as ITrace | null;
    if (!trace) {
      fill(opened, back, callFacts(call));
      back.focus();
      return;
    }
    const { node, heading } = traceDetail(trace);
    fill(opened, back, node);
    heading.focus();
  }

  function close(): void {
    toggle(opened, false);
    (grid.node.querySelector('[role=grid]') as HTMLElement | null)?.focus();
  }

  function callFacts(call: ICall): HTMLElement {
    const where = call.cell_label ? ` in ${call.cell_label}` : '';
    return h('div', {}, h('h3', {}, `Call ${call.id}: ${call.model}`), h('p', {}, `${call.provider} ${call.endpoint}, status ${call.status}${where}. The request and answer were not kept.`), call.source && badge(call.source));
  }

  async function save(): Promise<void> {
    if (rows.rows.length < facts().n_calls) {
      rows.want();
      for (let waited = 0; waited < 50 && rows.rows.length < facts().n_calls; waited += 1) {
        await new Promise(resolve => setTimeout(resolve, 100));
      }
    }
    const calls = known();
    const cut = calls.length < facts().n_calls ? `-last-${calls.length}` : '';
    download(`calls${facts().lab ? `-${facts().lab}` : ''}${cut}.csv`, 'text/csv', callsCsv(calls));
  }

  function drawTop(): void {
    const now = facts();
    if (now.n_calls === 0) {
      fill(top, now.state === 'ok' && h('p', {}, 'Nothing spent yet. The cost of each call shows here when a cell calls a model.'), ...notes(now));
      return;
    }
    const verdict = judge(now);
    const finding = ribbonSentence(now.by_cell);
    fill(
      top,
      headline(now, verdict),
      bar(now, verdict),
      below(verdict),
      counts(now),
      now.by_cell.length > 1 &&
        h('div', { class: 'jp-coreskills-ribbon-row jp-coreskills-wide' }, h('span', { class: 'jp-coreskills-small' }, 'By cell'), ribbon(now.by_cell, show), button('Show as table', () => { unfold(true); parts.show('By cell'); parts.bar.querySelector<HTMLElement>('[aria-selected=true]')?.focus(); })),
      finding && h('p', { class: 'jp-coreskills-small jp-coreskills-wide' }, finding),
      ...notes(now),
    );
  }

  function speak(): void {
    const verdict = judge(facts());
    if (crossed(spokenLevel, verdict.level) && !document.body.dataset['coreskillsVoice']) {
      voice.setAttribute('role', verdict.level === 'bad' ? 'alert' : 'status');
      say(voice, `${verdict.spoken}. ${verdict.left}`);
    }
    spokenLevel = verdict.level;
  }

  /** Tables are built when somebody sees them: a thousand cells must not delay the first paint. */
  function drawDetails(): void {
    if (details.hasAttribute('data-open') || el.clientWidth >= FULL) {
      parts.redraw();
    }
  }

  function draw(): void {
    drawTop();
    toggle(more, facts().n_calls > 0);
    toggle(details, facts().n_calls > 0);
    drawDetails();
    speak();
  }

  const redraw = paced(draw);
  const factsChanged = (): void => {
    rows.refresh(facts().revision);
    redraw();
  };
  find.addEventListener('input', redraw);
  opened.addEventListener('keydown', event => {
    if (event.key === 'Escape') {
      close();
      event.stopPropagation();
    }
  });
  model.on('change:facts', factsChanged);

  const root = h('div', { class: 'jp-coreskills', role: 'group', 'aria-label': `Cost${facts().lab ? ` of ${facts().lab}` : ''}` });
  fill(details, h('div', { class: 'jp-coreskills-row' }, parts.bar, find, h('span', { class: 'jp-coreskills-push' }, csv)), parts.panel, opened);
  root.append(h('div', { class: 'jp-coreskills-card jp-coreskills-cost' }, top, h('div', {}, more), details, voice));
  leaveOnEscape(root);
  el.append(root);
  draw();
  let isFull = el.clientWidth >= FULL;
  const resized = new ResizeObserver(() => {
    if (el.clientWidth >= FULL !== isFull) {
      isFull = !isFull;
      drawDetails();
    }
  });
  resized.observe(el);
  el.dataset['calls'] = count(facts().n_calls);
  return () => {
    model.off('change:facts', factsChanged);
    redraw.stop();
    resized.disconnect();
    rows.close();
    grid.close();
  };
}

export default { render };
