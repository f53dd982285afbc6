/** One bar a cell, in notebook order. A picture: its twin is the By cell table. */

import { pico, share } from '../shared/decimal';
import { svg } from '../shared/dom';
import { money, plural, visible } from '../shared/format';
import { costWords, type ICellPart } from './parts';

const HEIGHT = 44;

export function ribbon(cells: readonly ICellPart[], open: (cell: ICellPart) => void): SVGSVGElement {
  const top = cells.reduce((most, cell) => (cell.cost_usd !== null && pico(cell.cost_usd) > most ? pico(cell.cost_usd) : most), 1n);
  const width = Math.max(cells.length, 12);
  const gap = cells.length > 200 ? 0 : 0.18;
  const drawing = svg('svg', { class: 'jp-coreskills-ribbon', viewBox: `0 0 ${width} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true', focusable: 'false' });
  drawing.append(svg('line', { x1: 0, x2: width, y1: HEIGHT, y2: HEIGHT, 'stroke-width': 1, 'vector-effect': 'non-scaling-stroke' }));
  cells.forEach((cell, index) => drawing.append(bar(cell, index, gap, top)));
  drawing.addEventListener('click', event => {
    const at = (event.target as Element).getAttribute('data-at');
    if (at !== null) {
      open(cells[Number(at)]!);
    }
  });
  return drawing;
}

function bar(cell: ICellPart, index: number, gap: number, top: bigint): SVGRectElement {
  const cost = cell.cost_usd === null ? null : pico(cell.cost_usd);
  const kind = cost === null ? 'unknown' : cost === 0n ? 'free' : 'paid';
  const height = kind === 'unknown' ? 12 : Math.max(2, share(cost!, top) * (HEIGHT - 2));
  const made = svg('rect', { x: index + gap / 2, y: HEIGHT - height, width: 1 - gap, height, 'data-kind': kind, 'data-at': index, 'vector-effect': 'non-scaling-stroke' });
  made.append(svg('title', {}, `${visible(cell.label)}: ${costWords(cell)}, ${cell.n_calls} ${plural(cell.n_calls, 'call')}`));
  return made;
}

/** The finding of the picture, in a sentence. */
export function ribbonSentence(cells: readonly ICellPart[]): string {
  const priced = cells.filter(cell => cell.cost_usd !== null && pico(cell.cost_usd) > 0n);
  if (priced.length === 0) {
    return '';
  }
  const most = priced.reduce((best, cell) => (pico(cell.cost_usd!) > pico(best.cost_usd!) ? cell : best));
  return cells.length === 1 ? `All of it in ${visible(most.label)}` : `Costliest of ${cells.length} cells: ${visible(most.label)}, ${money(most.cost_usd)}`;
}
