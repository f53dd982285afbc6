/** Text with its matches underlined; everything from outside stays text. */

import { h } from '../shared/dom';
import { visible } from '../shared/format';

export function marked(text: string, marks: readonly [number, number, string][]): (Node | string)[] {
  // Offsets count code points in Python and UTF-16 units here.
  const chars = /[\ud800-\udbff]/.test(text) ? Array.from(text) : null;
  const cut = (from: number, to?: number): string => visible(chars ? chars.slice(from, to).join('') : text.slice(from, to));
  const nodes: (Node | string)[] = [];
  let at = 0;
  for (const [start, end, term] of marks) {
    if (start >= at && end > start) {
      nodes.push(cut(at, start), h('mark', { title: `matches ${term}` }, cut(start, end)));
      at = end;
    }
  }
  nodes.push(cut(at));
  return nodes;
}
