/** A plain table whose columns sort by a button in their heading. */
import { fill, h } from './dom';
export function sortableTable(caption, columns, rows) {
    const body = h('tbody');
    const order = { column: -1, sign: 1 };
    const heads = columns.map((column, index) => h('th', { scope: 'col', class: column.isNumber ? 'jp-coreskills-number' : null }, head(column, index)));
    function head(column, index) {
        if (!column.compare) {
            return column.name;
        }
        const made = h('button', { type: 'button', class: 'jp-coreskills-sort' }, column.name);
        made.addEventListener('click', () => sort(index));
        return made;
    }
    function sort(index) {
        order.sign = order.column === index ? -order.sign : columns[index].isNumber ? -1 : 1;
        order.column = index;
        heads.forEach((cell, at) => {
            if (at === index) {
                cell.setAttribute('aria-sort', order.sign > 0 ? 'ascending' : 'descending');
            }
            else {
                cell.removeAttribute('aria-sort');
            }
        });
        draw();
    }
    function draw() {
        const compare = columns[order.column]?.compare;
        const sorted = compare ? [...rows].sort((left, right) => order.sign * compare(left, right)) : rows;
        fill(body, ...sorted.map(row => h('tr', {}, ...columns.map(column => h('td', { class: column.isNumber ? 'jp-coreskills-number' : null }, column.cell(row))))));
    }
    draw();
    return h('table', { class: 'jp-coreskills-table' }, h('caption', { class: 'jp-coreskills-unheard' }, caption), h('thead', {}, h('tr', {}, ...heads)), body);
}
