/** The tables of CostMeter: by cell and by model. */

import { pico } from '../shared/decimal';
import { h } from '../shared/dom';
import { count, money, moneyColumn, tokens } from '../shared/format';
import { sortableTable, type IColumn } from '../shared/table';

export interface IPart {
  n_calls: number;
  n_failed: number;
  n_unpriced: number;
  input_tokens: number;
  output_tokens: number;
  cost_usd: string | null;
}
export interface IModelPart extends IPart {
  model: string;
}
export interface ICellPart extends IPart {
  cell_id: string;
  label: string;
  order: number | null;
}

export function partTable<T extends IPart>(caption: string, first: IColumn<T>, parts: readonly T[]): HTMLElement {
  if (parts.length === 0) {
    return h('p', { class: 'jp-coreskills-small' }, 'No calls yet: run a cell that calls a model.');
  }
  const costs = new Map(moneyColumn(parts.map(part => part.cost_usd)).map((text, index) => [parts[index]!, text]));
  return sortableTable<T>(
    caption,
    [
      first,
      { name: 'Calls', isNumber: true, cell: part => callsWords(part), compare: (a, b) => a.n_calls - b.n_calls },
      { name: 'In', isNumber: true, cell: part => tokens(part.input_tokens), compare: (a, b) => a.input_tokens - b.input_tokens },
      { name: 'Out', isNumber: true, cell: part => tokens(part.output_tokens), compare: (a, b) => a.output_tokens - b.output_tokens },
      { name: 'Cost', isNumber: true, cell: part => costWords(part, costs.get(part)!), compare: (a, b) => compareMoney(a.cost_usd, b.cost_usd) },
    ],
    parts,
  );
}

export function compareMoney(left: string | null, right: string | null): number {
  const difference = (left === null ? -1n : pico(left)) - (right === null ? -1n : pico(right));
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function callsWords(part: IPart): string {
  return part.n_failed > 0 ? `${count(part.n_calls)} (${count(part.n_failed)} failed)` : count(part.n_calls);
}

/** What a cell or a model cost; one whose calls were all refused or failed was not billed. */
export function costWords(part: IPart, text = money(part.cost_usd)): string {
  if (part.n_failed === part.n_calls) {
    return 'not billed';
  }
  return part.n_unpriced > 0 && part.cost_usd !== null ? `at least ${text}` : text;
}
