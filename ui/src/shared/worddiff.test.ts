import { expect, it } from 'vitest';

import { wordDiff } from './worddiff';

it('marks the changed word only', () => {
  expect(wordDiff('Classify the review: I love it', 'Sort the review: I love it')).toEqual([
    { kind: 'del', text: 'Classify' },
    { kind: 'ins', text: 'Sort' },
    { kind: 'same', text: ' the review: I love it' },
  ]);
});

it('gives both texts back from its pieces', () => {
  const [before, after] = ['a b  c d e', 'b x c e f'];
  const pieces = wordDiff(before, after);
  const text = (kind: string): string => pieces.filter(piece => piece.kind === 'same' || piece.kind === kind).map(piece => piece.text).join('');
  expect([text('del'), text('ins')]).toEqual([before, after]);
});

it('compares very long texts as a whole', () => {
  const long = 'word '.repeat(2000);
  expect(wordDiff(long, long)).toEqual([{ kind: 'same', text: long }]);
});
