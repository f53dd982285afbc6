/** The list of calls: a treegrid, tries inside calls, drawn only as far as it is in view. */

import { fill, h, uid } from '../shared/dom';
import { visible } from '../shared/format';
import { VirtualList } from '../shared/virtual';
import type { IAttempt, IRow } from './data';
import { costWords, spokenRow, statusWords, timeWords, triesWords } from './words';

const ROW = 44;

type Line = { call: IRow; attempt?: IAttempt; number?: number };

export interface ITree {
  node: HTMLElement;
  show(calls: readonly IRow[]): void;
  focus(): void;
  close(): void;
}

export function callTree(open: (call: IRow) => void): ITree {
  const unfolded = new Set<string>();
  let calls: readonly IRow[] = [];
  let lines: Line[] = [];
  let slowest = 1;
  const body = h('div', { role: 'rowgroup' });
  const scroller = h('div', { role: 'treegrid', class: 'jp-coreskills-scroll jp-coreskills-tree', 'aria-label': 'Calls, newest first' }, body);
  const list = new VirtualList({ scroller, body, rowHeight: ROW, open: index => open(lines[index]!.call), draw: (index, id) => line(lines[index]!, index, id), otherKey }, uid('tree'));

  function otherKey(event: KeyboardEvent, index: number): boolean {
    const at = lines[index];
    if (!at || (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft')) {
      return false;
    }
    if (event.key === 'ArrowRight' && at.call.attempts.length > 1 && !at.attempt) {
      unfolded.add(at.call.id);
    } else if (event.key === 'ArrowLeft') {
      unfolded.delete(at.call.id);
      list.active = lines.findIndex(each => each.call === at.call);
    }
    rebuild();
    return true;
  }

  function rebuild(): void {
    lines = calls.flatMap(call => [{ call }, ...(unfolded.has(call.id) ? call.attempts.map((attempt, number) => ({ call, attempt, number: number + 1 })) : [])]);
    scroller.setAttribute('aria-rowcount', String(lines.length));
    scroller.style.height = `${Math.min(lines.length, 9) * ROW + 2}px`;
    list.reset(lines.length);
  }

  function line(at: Line, index: number, id: string): HTMLElement {
    return at.attempt ? tryRow(at.attempt, at.number!, index, id) : callRow(at.call, index, id);
  }

  function callRow(call: IRow, index: number, id: string): HTMLElement {
    const failed = call.status >= 400;
    const folds = call.attempts.length > 1;
    const made = h(
      'div',
      { role: 'row', id, 'aria-level': 1, 'aria-rowindex': index + 1, 'aria-expanded': folds ? String(unfolded.has(call.id)) : null, 'aria-label': `${spokenRow(call)}${folds ? `, ${triesWords(call.attempts, call.source)}` : ''}` },
      h('span', { role: 'gridcell', 'aria-hidden': 'true' }, folds ? (unfolded.has(call.id) ? '\u25be' : '\u25b8') : failed ? '!' : ''),
      h('span', { role: 'gridcell', title: call.model }, visible(`${call.id} ${call.model}`)),
      h('span', { role: 'gridcell', class: failed ? 'jp-coreskills-failed-mark' : null }, folds ? `${call.attempts.length} tries${failed ? `, ${statusWords(call)}` : ''}` : statusWords(call)),
      h('span', { role: 'gridcell', title: costWords(call) }, timeWords(call)),
    );
    made.append(timeBar(call));
    return made;
  }

  function timeBar(call: IRow): HTMLElement {
    const share = (ms: number | null): string => `width:${((100 * (ms ?? 0)) / slowest).toFixed(2)}%`;
    const cell = h('span', { class: 'jp-coreskills-time', 'aria-hidden': 'true' });
    fill(cell, h('span', { style: share(call.latency_ms) }), call.first_token_ms ? h('span', { style: share(call.first_token_ms) }) : null);
    return cell;
  }

  return {
    node: scroller,
    focus: () => scroller.focus(),
    close: () => list.close(),
    show(found) {
      calls = found;
      slowest = Math.max(1, ...found.map(call => call.latency_ms ?? 0));
      rebuild();
    },
  };
}

function tryRow(attempt: IAttempt, number: number, index: number, id: string): HTMLElement {
  const waited = attempt.waited_ms === null || attempt.waited_ms === undefined ? '' : `waited ${(attempt.waited_ms / 1000).toFixed(1)} s`;
  return h('div', { role: 'row', id, 'aria-level': 2, 'aria-rowindex': index + 1 }, h('span', { role: 'gridcell' }), h('span', { role: 'gridcell' }, `try ${number}`), h('span', { role: 'gridcell' }, String(attempt.status ?? 'no answer')), h('span', { role: 'gridcell' }, waited));
}
