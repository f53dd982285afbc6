/** A plain table whose columns sort by a button in their heading. */

import { fill, h } from './dom';

const LONG = 15;

export interface IColumn<T> {
  name: string;
  cell(row: T): HTMLElement | string;
  /** Compares for sorting; without it the column does not sort. */
  compare?(left: T, right: T): number;
  isNumber?: boolean;
}

export function sortableTable<T>(caption: string, columns: IColumn<T>[], rows: readonly T[]): HTMLElement {
  const body = h('tbody');
  const order = { column: -1, sign: 1 };
  const heads = columns.map((column, index) => h('th', { scope: 'col', class: column.isNumber ? 'jp-coreskills-number' : null }, head(column, index)));

  function head(column: IColumn<T>, index: number): HTMLElement | string {
    if (!column.compare) {
      return column.name;
    }
    const made = h('button', { type: 'button', class: 'jp-coreskills-sort' }, column.name);
    made.addEventListener('click', () => sort(index));
    return made;
  }

  function sort(index: number): void {
    order.sign = order.column === index ? -order.sign : columns[index]!.isNumber ? -1 : 1;
    order.column = index;
    heads.forEach((cell, at) => {
      if (at === index) {
        cell.setAttribute('aria-sort', order.sign > 0 ? 'ascending' : 'descending');
      } else {
        cell.removeAttribute('aria-sort');
      }
    });
    draw();
  }

  function draw(): void {
    const compare = columns[order.column]?.compare;
    const sorted = compare ? [...rows].sort((left, right) => order.sign * compare(left, right)) : rows;
    fill(body, ...sorted.map(row => h('tr', {}, ...columns.map(column => h('td', { class: column.isNumber ? 'jp-coreskills-number' : null }, column.cell(row))))));
  }

  draw();
  const table = h('table', { class: 'jp-coreskills-table' }, h('caption', { class: 'jp-coreskills-unheard' }, caption), h('thead', {}, h('tr', {}, ...heads)), body);
  return rows.length > LONG ? h('div', { class: 'jp-coreskills-scroll jp-coreskills-long', role: 'region', tabindex: 0, 'aria-label': `${caption}, ${rows.length} rows` }, table) : table;
}
