import { expect, it } from 'vitest';

import { ignoredWords, nearestWords, replayWords } from './words';

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
