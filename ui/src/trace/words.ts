/** What a call's numbers mean, in words. */

import { count, duration, durationSpoken, money, moneySpoken, plural } from '../shared/format';
import type { IAttempt, IMiss, IRow, ITrace } from './data';

/** "3 tries, two 429, waited 3.0 s (recorded)"; empty for a call that took one try. */
export function triesWords(attempts: readonly IAttempt[], source: string): string {
  if (attempts.length < 2) {
    return '';
  }
  const failed = new Map<number, number>();
  attempts.slice(0, -1).forEach(attempt => failed.set(attempt.status ?? 0, (failed.get(attempt.status ?? 0) ?? 0) + 1));
  const each = [...failed].map(([status, times]) => `${small(times)} ${status || 'without an answer'}`).join(', ');
  const waits = attempts.map(attempt => attempt.waited_ms).filter((wait): wait is number => wait !== null);
  const waited = waits.length > 0 ? `, waited ${duration(waits.reduce((sum, wait) => sum + wait, 0))}${source === 'recorded' ? ' (recorded)' : ''}` : '';
  return `${attempts.length} tries, ${each}${waited}`;
}

/** How a recording was found, and what that proves. */
export function replayWords(trace: ITrace): string {
  if (trace.miss) {
    return 'no recording';
  }
  switch (trace.cassette?.tier) {
    case 'exact':
      return 'Exact recording: this very request was recorded.';
    case 'same prompt':
      return 'Same prompt, different spacing or settings: answered with its recording.';
    case 'cause':
      return 'Answered because the same check was running when it was recorded: shows your plumbing, not your prompt.';
    case 'anchor':
      return 'Matched on the words of a recorded input: shows your plumbing, not your prompt.';
    case 'composed':
      return 'Put together from recorded vectors.';
    default:
      return trace.source === 'recorded' ? 'Answered from a recording.' : `Not replayed: the answer is ${trace.source || 'not marked'}.`;
  }
}

/** Which recording a miss is compared with. */
export function nearestWords(miss: IMiss): string {
  const nearest = miss.nearest;
  if (!nearest) {
    return 'Compared with the nearest recording:';
  }
  const cell = nearest.cell ? `, made in ${nearest.cell}` : '';
  return `Compared with the nearest recording, number ${nearest.index} of ${nearest.file}${cell}:`;
}

/** What differs without standing in the way. */
export function ignoredWords(names: readonly string[]): string {
  return names.length > 0 ? `different but ignored: ${names.join(', ')}` : '';
}

export function statusWords(row: Pick<IRow, 'status' | 'is_miss' | 'ended'>): string {
  if (row.is_miss) {
    return 'no recording';
  }
  const broke = row.ended === 'broken' ? ', broke off' : row.ended === 'left' ? ', left early' : '';
  return `${row.status}${row.status >= 400 ? ' failed' : ''}${broke}`;
}

export function timeWords(row: Pick<IRow, 'latency_ms' | 'source'>): string {
  return `${duration(row.latency_ms)}${row.source === 'recorded' && row.latency_ms !== null ? ' (recorded)' : ''}`;
}

export function costWords(row: Pick<IRow, 'status' | 'cost_usd' | 'estimated'>): string {
  return row.status >= 400 ? 'not billed' : `${row.estimated ? '~' : ''}${money(row.cost_usd)}`;
}

export function spokenRow(row: IRow): string {
  const cost = row.status >= 400 ? 'not billed' : moneySpoken(row.cost_usd);
  return [`Call ${row.id}`, row.model, statusWords(row), durationSpoken(row.latency_ms), cost, row.source].filter(Boolean).join(', ');
}

const HINTS: [number, string][] = [
  [400, 'Read the message: it names the field. Compare the Request tab with the provider\u2019s reference.'],
  [401, 'The key was refused. Leave api_key out, so that the notebook\u2019s own key is used; restart the kernel if it is old.'],
  [404, 'There is no such model or address. Look at models.list().'],
  [413, 'The request is too large: send less text.'],
  [418, 'No recording fits this request. Use the prompt that the lab asks for, or see the Replay tab.'],
  [429, 'Too many calls, or the budget is spent. Wait as long as retry-after says, and try again; or use a cheaper model.'],
  [500, 'The provider failed. Try again after a pause.'],
  [529, 'The provider is overloaded. Try again after a pause, each time a longer one.'],
];

export function hintFor(status: number): string {
  return HINTS.find(([code]) => code === status)?.[1] ?? (status >= 500 ? 'The provider failed. Try again after a pause.' : '');
}

/** Matches the list's filter buttons and the find box. */
export interface IFilter {
  failed: boolean;
  retried: boolean;
  live: boolean;
  slow: boolean;
  /** Made by the cell that shows the list. */
  here: boolean;
  cellId: string;
  words: string;
}

const SLOW_MS = 3000;

export function passes(row: IRow, filter: IFilter): boolean {
  const wanted: [boolean, boolean][] = [
    [filter.failed, row.status >= 400],
    [filter.retried, row.attempts.length > 1],
    [filter.live, row.source === 'live'],
    [filter.slow, (row.latency_ms ?? 0) >= SLOW_MS],
    [filter.here, row.cell_id === filter.cellId],
  ];
  const text = `${row.id} ${row.model} ${row.endpoint} ${row.status} ${row.cell_label} ${row.source} ${row.error_type ?? ''}`.toLowerCase();
  return wanted.every(([isOn, holds]) => !isOn || holds) && filter.words.toLowerCase().split(/\s+/).every(word => text.includes(word));
}

export function countWords(shown: number, all: number): string {
  return shown === all ? `${count(all)} ${plural(all, 'call')}` : `${count(shown)} of ${count(all)} calls`;
}

function small(number: number): string {
  return ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'][number] ?? String(number);
}
