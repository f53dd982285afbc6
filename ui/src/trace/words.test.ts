import { expect, it } from 'vitest';

import type { IRow } from './data';
import { ignoredWords, nearestWords, passes, replayWords, type IFilter } from './words';

const CALL: IRow = {
  id: '7', time_utc: '', cell_id: 'a1', cell_label: 'cell 3', provider: 'anthropic', endpoint: 'messages', model: 'claude-haiku', status: 200,
  input_tokens: 1, output_tokens: 1, cost_usd: null, estimated: false, latency_ms: 3000, first_token_ms: null, source: 'recorded', error_type: null,
  is_miss: false, attempts: [], ended: 'whole',
};
const ALL: IFilter = { failed: false, retried: false, live: false, slow: false, here: false, cellId: 'a1', words: '' };


it('names the recording that a miss is compared with', () => {
  expect(nearestWords({ nearest: { file: 'b1-2.json', index: 12, cell: 't3-check' } })).toBe('Compared with the nearest recording, number 12 of b1-2.json, made in t3-check:');
  expect(nearestWords({ nearest: null })).toBe('Compared with the nearest recording:');
});

it('says what differs without standing in the way, or nothing', () => {
  expect([ignoredWords(['max_tokens', 'metadata']), ignoredWords([])]).toEqual(['different but ignored: max_tokens, metadata', '']);
});

it.each([
  ['cause', 'Answered because the same check was running when it was recorded: shows your plumbing, not your prompt.'],
  ['anchor', 'Matched on the words of a recorded input: shows your plumbing, not your prompt.'],
])('a recording found by %s proves plumbing only', (tier, words) => {
  expect(replayWords({ id: '1', cassette: { file: 'x.json', index: 0, tier } })).toBe(words);
});

it.each<[Partial<IFilter>, boolean]>([
  [{}, true],
  [{ here: true }, true],
  [{ here: true, cellId: 'b2' }, false],
  [{ slow: true, here: true }, true],
  [{ failed: true }, false],
  [{ words: 'haiku cell' }, true],
])('a call passes the filter %o: %s', (filter, isShown) => {
  expect(passes(CALL, { ...ALL, ...filter })).toBe(isShown);
});
