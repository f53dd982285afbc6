/** TraceViewer: what exactly went over the wire? */

import { badges, note } from '../shared/badge';
import { goToCell, leaveOnEscape } from '../shared/cells';
import { button, fill, h, paced, say, toggle } from '../shared/dom';
import { Rows, withRecent, type IRendering } from '../shared/model';
import { wear } from '../shared/styles';
import { awayWords, amountWords, type ISpend } from '../cost/spend';
import type { IRow, ITrace } from './data';
import { traceDetail } from './detail';
import css from './trace.css';
import { callTree } from './tree';
import { countWords, passes, type IFilter } from './words';

interface IFacts extends ISpend {
  as_of_utc: string;
  state: 'ok' | 'away';
  trouble: string;
  cell_id: string;
  n_listed: number;
  recent: IRow[];
  revision: number;
}

const SWITCHES = ['failed', 'retried', 'live', 'slow', 'here'] as const;
const TITLES: Partial<Record<(typeof SWITCHES)[number], string>> = { slow: '3 seconds or more', here: 'Made by the cell that shows this list' };
const BUSY_AFTER_MS = 400;

function render({ model, el }: IRendering<IFacts>): () => void {
  wear('trace', css);
  const facts = (): IFacts => model.get('facts');
  const rows = new Rows<IFacts, IRow>(model, () => redraw());
  const filter: IFilter = { failed: false, retried: false, live: false, slow: false, here: false, cellId: facts().cell_id, words: '' };
  const head = h('div', { class: 'jp-coreskills-row' });
  const notes = h('div');
  const status = h('p', { class: 'jp-coreskills-small', role: 'status' });
  const tree = callTree(call => void open(call));
  const pane = h('div', { class: 'jp-coreskills-pane', hidden: true });
  const split = h('div', { class: 'jp-coreskills-split' }, h('div', { class: 'jp-coreskills-list' }, tree.node, status), pane);
  const find = h('input', { class: 'jp-coreskills-input', type: 'search', placeholder: 'find', 'aria-label': 'Find in calls' });
  const switches = SWITCHES.map(name => {
    const made = button(name === 'here' ? 'this cell' : name, () => {
      filter[name] = !filter[name];
      made.setAttribute('aria-pressed', String(filter[name]));
      redraw();
    }, { 'aria-pressed': 'false', title: TITLES[name] ?? null });
    toggle(made, name !== 'here' || filter.cellId !== '');
    return made;
  });
  const tools = h('div', { class: 'jp-coreskills-row' }, ...switches, find);

  function known(): readonly IRow[] {
    return withRecent(rows.rows, facts().recent, facts().n_listed);
  }

  async function open(call: IRow): Promise<void> {
    split.setAttribute('data-opened', '');
    toggle(pane, true);
    const busy = setTimeout(() => fill(pane, h('p', { class: 'jp-coreskills-small' }, `Asking for call ${call.id}\u2026`)), BUSY_AFTER_MS);
    const trace = (await rows.detail(call.id)) as ITrace | null;
    clearTimeout(busy);
    const { node, heading } = traceDetail(trace ? { ...call, ...trace, attempts: call.attempts } : call, call.attempts);
    const lost = trace ? null : note('warn', 'The bodies of this call are not kept: the gateway remembers the last 200 calls while it runs. Run the cell again to see them.');
    const back = button('Back', shut, { class: 'jp-coreskills-button jp-coreskills-back' });
    const cell = call.cell_id ? button(`Go to ${call.cell_label || 'its cell'}`, () => goToCell(el, call.cell_id), { class: 'jp-coreskills-link' }) : null;
    fill(pane, back, lost, node, cell);
    heading.focus();
  }

  function shut(): void {
    split.removeAttribute('data-opened');
    toggle(pane, false);
    tree.focus();
  }

  function draw(): void {
    const now = facts();
    const isEmpty = now.n_listed === 0;
    toggle(split, !isEmpty);
    toggle(tools, !isEmpty);
    fill(notes, now.state === 'away' && note('warn', awayWords(now, !isEmpty)));
    if (isEmpty) {
      fill(head, now.state === 'ok' && h('p', {}, 'No calls yet. Run a cell that calls a model: its request and answer show here.'));
      return;
    }
    const shown = known().filter(call => passes(call, filter)).reverse();
    fill(head, h('strong', {}, `${countWords(shown.length, now.n_listed)}`), h('span', {}, amountWords(now)), h('span', { class: 'jp-coreskills-row jp-coreskills-push' }, ...badges(now.sources)));
    tree.show(shown);
    say(status, shown.length === 0 ? 'No call matches.' : '');
  }

  const redraw = paced(draw);
  const changed = (): void => {
    rows.refresh(facts().revision);
    if (facts().n_listed > facts().recent.length && rows.rows.length === 0) {
      rows.want();
    }
    redraw();
  };
  find.addEventListener('input', () => {
    filter.words = find.value;
    redraw();
  });
  pane.addEventListener('keydown', event => {
    if (event.key === 'Escape') {
      shut();
      event.stopPropagation();
    }
  });
  model.on('change:facts', changed);
  const root = h('div', { class: 'jp-coreskills', role: 'group', 'aria-label': 'Calls' }, h('div', { class: 'jp-coreskills-card jp-coreskills-trace' }, head, notes, tools, split));
  leaveOnEscape(root);
  el.append(root);
  draw();
  if (facts().n_listed > facts().recent.length) {
    rows.want();
  }
  return () => {
    model.off('change:facts', changed);
    redraw.stop();
    rows.close();
    tree.close();
  };
}

export default { render };
