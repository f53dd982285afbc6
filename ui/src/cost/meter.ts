/** CostMeter's drawing: what was spent, of how much, and what that means. */

import { h } from '../shared/dom';
import { badges, note } from '../shared/badge';
import { count, percent, plural, visible } from '../shared/format';
import { amountWords, awayWords, billed, chargeWords, countsWords, type ISpend, type IVerdict } from './spend';
import type { ICellPart, IModelPart } from './parts';

export interface ICostFacts extends ISpend {
  by_model: IModelPart[];
  by_cell: ICellPart[];
  as_of_utc: string;
  state: 'ok' | 'away' | 'error';
  trouble: string;
  recent: never[];
  /** Counts up when the rows are replaced, not when some are added. */
  revision: number;
}

export function headline(facts: ICostFacts, verdict: IVerdict): HTMLElement {
  return h(
    'div',
    { class: 'jp-coreskills-row' },
    h('span', { class: 'jp-coreskills-amount', title: `$${facts.spent_usd} exactly` }, amountWords(facts)),
    verdict.budget && h('span', {}, `of ${verdict.budget}${verdict.percent === null ? '' : ` \u00b7 ${verdict.percent} %`}`),
    verdict.state && h('span', {}, verdict.state),
    h('span', { class: 'jp-coreskills-row jp-coreskills-push' }, ...badges(facts.sources), chargeWords(facts.sources) && h('span', { class: 'jp-coreskills-small jp-coreskills-optional' }, chargeWords(facts.sources))),
  );
}

export function bar(facts: ICostFacts, verdict: IVerdict): HTMLElement | null {
  if (verdict.percent === null) {
    return null;
  }
  const meter = h('div', {
    class: 'jp-coreskills-meter',
    role: 'meter',
    'data-level': verdict.level,
    'aria-label': 'Spent of the budget',
    'aria-valuemin': 0,
    'aria-valuemax': 100,
    'aria-valuenow': Math.min(100, verdict.percent),
    'aria-valuetext': verdict.spoken,
  });
  meter.append(h('span', { class: 'jp-coreskills-meter-fill', style: `width:${(verdict.fill * 100).toFixed(2)}%` }));
  if (facts.n_unpriced > 0) {
    meter.append(h('span', { class: 'jp-coreskills-meter-unknown' }));
  }
  return meter;
}

export function below(verdict: IVerdict): HTMLElement | null {
  if (!verdict.left) {
    return null;
  }
  return verdict.level === 'bad' || verdict.level === 'warn' ? note(verdict.level, verdict.left) : h('p', {}, verdict.left);
}

export function counts(facts: ICostFacts): HTMLElement {
  const most = facts.by_model[0];
  const showsMost = most && most.cost_usd !== null && facts.by_model.length > 1 && Number(facts.spent_usd) > 0;
  return h(
    'div',
    { class: 'jp-coreskills-row jp-coreskills-wide' },
    h('span', {}, countsWords(facts)),
    showsMost && h('span', { class: 'jp-coreskills-push' }, `costliest: ${visible(most.model)} ${percent(most.cost_usd, facts.spent_usd)} %`),
  );
}

export function notes(facts: ICostFacts): HTMLElement[] {
  const made: HTMLElement[] = [];
  if (facts.state !== 'ok') {
    made.push(note('warn', awayWords(facts, facts.n_calls > 0)));
  }
  if (facts.n_unpriced > 0) {
    const words = `${count(facts.n_unpriced)} ${plural(facts.n_unpriced, 'call')} without a known price`;
    made.push(note('warn', facts.n_unpriced === billed(facts) ? `${words}: what they cost is not in any sum.` : `At least: ${words}.`));
  }
  if (facts.n_estimated > 0) {
    made.push(note('plain', `Tokens of ${count(facts.n_estimated)} ${plural(facts.n_estimated, 'call')} are estimates, counted here and not by the provider.`));
  }
  return made;
}
