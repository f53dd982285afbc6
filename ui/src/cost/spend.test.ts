import { describe, expect, it } from 'vitest';

import { costWords } from './parts';
import { amountWords, chargeWords, crossed, judge, type ISpend } from './spend';

const spend = (more: Partial<ISpend>): ISpend => ({ lab: 'b1-2', spent_usd: '0.31', budget_usd: '0.50', n_calls: 48, n_billed: 48, n_unpriced: 0, n_estimated: 0, sources: { offline: 48 }, recent_call_usd: '0.008', ...more });

describe('a budget reads right at every edge', () => {
  it.each([
    ['0', 0, 'plain', '$0.50 left'],
    ['0.245', 49, 'plain', '$0.255 left'],
    ['0.25', 50, 'half', '$0.25 left'],
    ['0.3999', 79, 'half', '$0.10 left'],
    ['0.40', 80, 'warn', '$0.10 left, about 12 calls like the last ten'],
    ['0.4999', 99, 'warn', '$0.0001 left, less than one more call like the last ten'],
    ['0.50', 100, 'bad', 'Budget spent. Calls are refused (429) from now on. Use a cheaper model, or ask your instructor.'],
    ['0.515', 103, 'bad', '+$0.015 over. Budget spent. Calls are refused (429) from now on. Use a cheaper model, or ask your instructor.'],
  ] as const)('$%s spent', (spent_usd, percent, level, left) => {
    const verdict = judge(spend({ spent_usd }));
    expect([verdict.percent, verdict.level, verdict.left]).toEqual([percent, level, left]);
  });

  it('says it aloud, with where the answers came from', () => {
    expect(judge(spend({})).spoken).toBe('31 cents of 50 cents, 62 percent, offline');
  });

  it('draws no bar without a budget', () => {
    expect(judge(spend({ budget_usd: null })).percent).toBeNull();
  });

  it('never shows calls without any price as zero', () => {
    const verdict = judge(spend({ spent_usd: '0', n_calls: 3, n_billed: 3, n_unpriced: 3 }));
    expect([verdict.amount, verdict.percent]).toEqual(['price unknown', null]);
    expect(amountWords(spend({ spent_usd: '0', n_calls: 4, n_failed: 1, n_billed: undefined, n_unpriced: 3 }))).toBe('price unknown');
    expect(judge(spend({ spent_usd: '0', budget_usd: null, n_calls: 3, n_billed: 3, n_unpriced: 3 })).spoken).toBe('price unknown, no budget, offline');
    expect(amountWords(spend({ n_unpriced: 3 }))).toBe('at least $0.31');
  });
});

it('says of a cell whose calls all failed that it was not billed', () => {
  const part = { n_calls: 2, n_failed: 2, n_unpriced: 0, input_tokens: 0, output_tokens: 0, cost_usd: '0' };
  expect([costWords(part), costWords({ ...part, n_failed: 1 }), costWords({ ...part, n_calls: 5, n_unpriced: 1, cost_usd: '0.1' })]).toEqual(['not billed', '$0.00', 'at least $0.10']);
});

it('speaks only on the way up', () => {
  expect([crossed('plain', 'half'), crossed('half', 'half'), crossed('warn', 'plain'), crossed('half', 'bad')]).toEqual([true, false, false, true]);
});

it('says that nobody paid for stand-ins, and nothing when a call was live', () => {
  expect([chargeWords({ offline: 2, recorded: 1 }), chargeWords({ offline: 2, live: 1 }), chargeWords({})]).toEqual(['nothing charged', '', '']);
});
