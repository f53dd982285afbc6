/** Every call, as a grid that draws only the rows in view. */

import { fill, h, uid } from '../shared/dom';
import { count, duration, money, moneyColumn, moneySpoken, durationSpoken, tokens, visible } from '../shared/format';
import { csvLine } from '../shared/file';
import { VirtualList } from '../shared/virtual';

export interface ICall {
  id: string;
  time_utc: string;
  cell_id: string;
  cell_label: string;
  provider: string;
  endpoint: string;
  model: string;
  status: number;
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  cost_usd: string | null;
  estimated: boolean;
  latency_ms: number | null;
  retries: number;
  source: string;
}

const ROW = 30;
const MOST_ROWS = 9;
const COLUMNS = [
  ['number', '#'],
  ['model', 'Model'],
  ['cell', 'Cell'],
  ['time', 'Time'],
  ['tokens', 'Tokens'],
  ['cost', 'Cost'],
  ['from', 'From'],
] as const;

export interface ICallsGrid {
  node: HTMLElement;
  show(calls: readonly ICall[]): void;
  close(): void;
}

export function callsGrid(open: (call: ICall) => void): ICallsGrid {
  let shown: readonly ICall[] = [];
  let costs: string[] = [];
  const id = uid('calls');
  const body = h('div', { role: 'rowgroup' });
  const head = h('div', { role: 'row', 'aria-rowindex': 1, style: `height:${ROW}px` }, ...COLUMNS.map(([column, name]) => h('div', { role: 'columnheader', 'data-column': column, class: numberClass(column) }, name)));
  const scroller = h('div', { role: 'grid', class: 'jp-coreskills-scroll jp-coreskills-calls', 'aria-label': 'Calls, newest first' }, h('div', { role: 'rowgroup' }, head), body);
  const status = h('p', { class: 'jp-coreskills-small' });

  const list = new VirtualList(
    {
      scroller,
      body,
      rowHeight: ROW,
      headHeight: ROW,
      open: index => open(shown[index]!),
      draw: (index, rowId) => row(shown[index]!, costs[index]!, index, rowId),
    },
    id,
  );

  return {
    node: h('div', {}, status, scroller),
    close: () => list.close(),
    show(calls) {
      shown = calls;
      costs = moneyColumn(calls.map(call => call.cost_usd));
      scroller.setAttribute('aria-rowcount', String(calls.length + 1));
      scroller.hidden = calls.length === 0;
      scroller.style.height = `${(Math.min(calls.length, MOST_ROWS) + 1) * ROW + 2}px`;
      fill(status, calls.length === 0 ? 'No call matches.' : `${count(calls.length)} ${calls.length === 1 ? 'call' : 'calls'}, newest first. Enter opens one.`);
      list.reset(calls.length);
    },
  };
}

function row(call: ICall, cost: string, index: number, rowId: string): HTMLElement {
  const failed = call.status >= 400;
  const texts: Record<string, string> = {
    number: call.id,
    model: call.model,
    cell: call.cell_label,
    time: duration(call.latency_ms),
    tokens: `${tokens(call.input_tokens)} in, ${tokens(call.output_tokens)} out`,
    cost: failed ? `${call.status}, not billed` : `${call.estimated ? '~' : ''}${cost}`,
    from: call.source,
  };
  const cells = COLUMNS.map(([column]) => h('div', { role: 'gridcell', 'data-column': column, class: numberClass(column), title: texts[column] }, visible(texts[column]!)));
  return h('div', { role: 'row', id: rowId, 'aria-rowindex': index + 2, 'aria-label': spoken(call) }, ...cells);
}

function numberClass(column: string): string | null {
  return ['time', 'tokens', 'cost'].includes(column) ? 'jp-coreskills-number' : null;
}

function spoken(call: ICall): string {
  const price = call.status >= 400 ? 'not billed' : moneySpoken(call.cost_usd) + (call.estimated ? ', estimated' : '');
  return [`Call ${call.id}`, call.model, String(call.status), durationSpoken(call.latency_ms), price, call.source].filter(Boolean).join(', ');
}

export function matches(call: ICall, words: string): boolean {
  const text = `${call.id} ${call.model} ${call.cell_label} ${call.provider} ${call.endpoint} ${call.status} ${call.source} ${call.status >= 400 ? 'failed' : ''} ${money(call.cost_usd)}`;
  return words
    .toLowerCase()
    .split(/\s+/)
    .every(word => text.toLowerCase().includes(word));
}

const CSV = ['id', 'time_utc', 'cell_id', 'cell_label', 'provider', 'endpoint', 'model', 'status', 'input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens', 'cost_usd', 'estimated', 'latency_ms', 'retries', 'source'] as const;

export function callsCsv(calls: readonly ICall[]): string {
  return [CSV.join(','), ...calls.map(call => csvLine(CSV.map(name => call[name] ?? null)))].join('\r\n') + '\r\n';
}
