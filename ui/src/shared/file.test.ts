import { expect, it } from 'vitest';

import { csvLine } from './file';

it.each([
  ['=SUM(A1)', "'=SUM(A1)"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@cmd', "'@cmd"],
  ['a,b', '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ['plain', 'plain'],
])('text %s cannot become a formula', (text, line) => {
  expect(csvLine([text])).toBe(line);
});

it('keeps numbers as numbers and nothing as nothing', () => {
  expect(csvLine([-3, null, true, 'x'])).toBe('-3,,true,x');
});
