/** What a spend summary says in words: shared by CostMeter and the status bar. */

import { pico, share, type Money } from '../shared/decimal';
import { badgeWords, clock, count, money, moneySpoken, moneyTotal, percent, plural, tokens, UNKNOWN } from '../shared/format';

export interface ISpend {
  lab: string;
  spent_usd: string;
  budget_usd: Money;
  n_calls: number;
  n_billed?: number;
  n_failed?: number;
  n_unpriced: number;
  n_estimated: number;
  input_tokens?: number;
  output_tokens?: number;
  sources: Record<string, number>;
  recent_call_usd?: Money;
}

export type Level = 'plain' | 'half' | 'warn' | 'bad';

export interface IVerdict {
  amount: string;
  budget: string;
  percent: number | null;
  fill: number;
  level: Level;
  /** A word beside the bar: "half used". */
  state: string;
  /** What is left, and from 80 % what to do. */
  left: string;
  spoken: string;
}

const UNDERNEATH: Level[] = ['plain', 'half', 'warn', 'bad'];

/** Calls that cost something, whatever: refused and failed ones do not. */
export function billed(spend: ISpend): number {
  return spend.n_billed ?? spend.n_calls - (spend.n_failed ?? 0);
}

/** What was spent, in few words: never zero for a price that nobody knows. */
export function amountWords(spend: ISpend): string {
  const total = moneyTotal({ priced_usd: spend.spent_usd, n_estimated: spend.n_estimated });
  return spend.n_unpriced === 0 ? total : isUnknown(spend) ? UNKNOWN : `at least ${total}`;
}

function isUnknown(spend: ISpend): boolean {
  return spend.n_unpriced > 0 && spend.n_unpriced >= billed(spend);
}

export function judge(spend: ISpend): IVerdict {
  const amount = moneyTotal({ ...spend, priced_usd: spend.spent_usd, n_calls: billed(spend) });
  if (spend.budget_usd === null || isUnknown(spend)) {
    const spent = isUnknown(spend) ? UNKNOWN : `${moneySpoken(spend.spent_usd)} spent`;
    const budget = spend.budget_usd === null ? 'no budget' : `budget ${moneySpoken(spend.budget_usd)}`;
    const spoken = `${spent}, ${budget}${sourcesSpoken(spend)}`;
    return { amount, budget: spend.budget_usd === null ? '' : money(spend.budget_usd), percent: null, fill: 0, level: 'plain', state: '', left: '', spoken };
  }
  const used = percent(spend.spent_usd, spend.budget_usd);
  const level = levelOf(used);
  return {
    amount,
    budget: money(spend.budget_usd),
    percent: used,
    fill: Math.min(1, share(pico(spend.spent_usd), pico(spend.budget_usd))),
    level,
    state: level === 'half' ? 'half used' : '',
    left: leftWords(spend, level),
    spoken: `${moneySpoken(spend.spent_usd)} of ${moneySpoken(spend.budget_usd)}, ${used} percent${sourcesSpoken(spend)}`,
  };
}

/** Did this change deserve to be spoken? Only on the way up through 50, 80 and 100 %. */
export function crossed(before: Level, after: Level): boolean {
  return UNDERNEATH.indexOf(after) > UNDERNEATH.indexOf(before);
}

export function countsWords(spend: ISpend): string {
  const parts = [`${count(spend.n_calls)} ${plural(spend.n_calls, 'call')}`];
  parts.push(`${tokens(spend.input_tokens ?? 0)} in, ${tokens(spend.output_tokens ?? 0)} out`);
  if (spend.n_failed) {
    parts.push(`${count(spend.n_failed)} failed, not billed`);
  }
  return parts.join(' \u00b7 ');
}

/** The gateway is away: what is shown is from before; nothing is shown where nothing was known. */
export function awayWords({ as_of_utc, trouble }: { as_of_utc: string; trouble: string }, hasValues: boolean): string {
  return hasValues ? `As of ${clock(as_of_utc)}, trying again after each cell: ${trouble}.` : `Not known yet: ${trouble}. Your cells still run; this tries again after each of them.`;
}

/** Where the answers came from, and that nobody paid for them. */
export function chargeWords(sources: Record<string, number>): string {
  return badgeWords(sources) && !sources['live'] ? 'nothing charged' : '';
}

function levelOf(used: number): Level {
  return used >= 100 ? 'bad' : used >= 80 ? 'warn' : used >= 50 ? 'half' : 'plain';
}

function leftWords(spend: ISpend, level: Level): string {
  const left = pico(spend.budget_usd!) - pico(spend.spent_usd);
  if (level === 'bad') {
    const over = left < 0n ? `+${money(-left)} over. ` : '';
    return `${over}Budget spent. Calls are refused (429) from now on. Use a cheaper model, or ask your instructor.`;
  }
  const words = `${money(left)} left`;
  const each = spend.recent_call_usd ? pico(spend.recent_call_usd) : 0n;
  if (level !== 'warn' || each <= 0n) {
    return words;
  }
  const more = Number(left / each);
  return more === 0 ? `${words}, less than one more call like the last ten` : `${words}, about ${more} ${plural(more, 'call')} like the last ten`;
}

function sourcesSpoken(spend: ISpend): string {
  const words = badgeWords(spend.sources);
  return words ? `, ${words}` : '';
}
