/** One or two ranked lists with lines between: only what is in view is drawn. */

import { fill, h, svg } from '../shared/dom';
import { score, visible } from '../shared/format';
import type { IFacts, IHit, Side } from './data';
import { marked } from './marked';
import { axisShare, changeMark, changeWords, listTitle, measureWords, remarks, spokenHit, whyWords } from './words';

const ROW = 74;
const MARGIN = 3;
const LINES = 56;

export interface ILists {
  node: HTMLElement;
  show(facts: IFacts, hits: readonly IHit[]): void;
  focus(hit: IHit): void;
  close(): void;
}

export function rankedLists(open: (hit: IHit) => void, point: (id: string | null) => void): ILists {
  let facts: IFacts;
  const sides: Record<Side, readonly IHit[]> = { a: [], b: [] };
  const active: Record<Side, number> = { a: 0, b: 0 };
  let opened: string | null = null;
  let hot: string | null = null;
  const heads = h('div', { class: 'jp-coreskills-heads' });
  const columns: Record<Side, HTMLElement> = {
    a: h('ol', { class: 'jp-coreskills-hits', 'data-side': 'a' }),
    b: h('ol', { class: 'jp-coreskills-hits', 'data-side': 'b' }),
  };
  const lines = svg('svg', { class: 'jp-coreskills-lines', 'aria-hidden': 'true', focusable: 'false', width: LINES });
  const body = h('div', { class: 'jp-coreskills-two' });
  const scroller = h('div', { class: 'jp-coreskills-scroll jp-coreskills-ranked' }, body);
  const node = h('div', {}, heads, scroller);
  const drawn = new Map<string, HTMLElement>();

  function visibleRange(): [number, number] {
    const view = scroller.clientHeight || 6 * ROW;
    return [Math.max(0, Math.floor(scroller.scrollTop / ROW) - MARGIN), Math.ceil((scroller.scrollTop + view) / ROW) + MARGIN];
  }

  function paint(): void {
    const [first, last] = visibleRange();
    const wanted = new Set<string>();
    for (const side of ['a', 'b'] as const) {
      sides[side].slice(first, last).forEach((hit, offset) => {
        const key = `${side}:${first + offset}`;
        wanted.add(key);
        if (!drawn.has(key)) {
          const made = row(hit, first + offset);
          drawn.set(key, made);
          columns[side].append(made);
        }
      });
    }
    for (const [key, made] of drawn) {
      if (!wanted.has(key) && !made.contains(document.activeElement)) {
        made.remove();
        drawn.delete(key);
      }
    }
    paintLines(first, last);
  }

  function paintLines(first: number, last: number): void {
    if (sides.b.length === 0) {
      return;
    }
    const y = (rank: number): number => (rank - 0.5) * ROW;
    const paths = sides.a
      .filter(hit => Math.min(hit.rank, hit.other_rank ?? hit.rank) <= last && Math.max(hit.rank, hit.other_rank ?? hit.rank) > first)
      .map(hit => {
        const from = hit.other_rank;
        const shape = from === null ? `M${LINES / 2} ${y(hit.rank)}H${LINES}` : `M0 ${y(from)}C${LINES / 2} ${y(from)} ${LINES / 2} ${y(hit.rank)} ${LINES} ${y(hit.rank)}`;
        return svg('path', { d: shape, 'data-change': hit.change, 'data-hot': hit.id === hot });
      });
    lines.replaceChildren(...paths);
  }

  function row(hit: IHit, index: number): HTMLElement {
    const other = hit.side === 'a' ? facts.other_retriever?.name ?? '' : facts.retriever.name;
    const retriever = hit.side === 'a' ? facts.retriever : facts.other_retriever!;
    const share = axisShare(hit, sides[hit.side], retriever);
    const unfold = h(
      'button',
      { type: 'button', class: 'jp-coreskills-hit-button', tabindex: index === active[hit.side] ? 0 : -1, 'aria-expanded': String(opened === key(hit)), 'aria-label': spokenHit(hit, other) },
      h('span', { class: 'jp-coreskills-rank' }, String(hit.rank)),
      h('span', { class: 'jp-coreskills-label', title: hit.label }, visible(hit.label)),
      h('span', { class: 'jp-coreskills-number' }, score(hit.score)),
      h('span', { class: 'jp-coreskills-change' }, changeMark(hit)),
    );
    unfold.addEventListener('click', () => choose(hit, index));
    const made = h(
      'li',
      { 'data-id': hit.id, 'data-right': hit.right ? '' : null, 'data-hot': hit.id === hot, style: `top:${index * ROW}px;height:${ROW}px` },
      h('h3', {}, unfold),
      h('div', { class: 'jp-coreskills-axis', 'aria-hidden': 'true' }, share === null ? null : h('span', { style: `width:${(share * 100).toFixed(1)}%` })),
      h('p', { class: 'jp-coreskills-why' }, h('span', { class: 'jp-coreskills-narrow' }, facts.other_retriever && hit.change ? `${changeWords(hit, other)} \u00b7 ` : ''), [...remarks(hit), whyWords(hit)].join(' \u00b7 ')),
      h('p', { class: 'jp-coreskills-head jp-coreskills-small', dir: 'auto' }, ...marked(hit.head.replace(/\s/g, ' '), hit.marks)),
    );
    made.addEventListener('pointerenter', () => heat(hit.id));
    unfold.addEventListener('focus', () => {
      active[hit.side] = index;
      heat(hit.id);
    });
    return made;
  }

  function heat(id: string | null): void {
    if (hot === id) {
      return;
    }
    hot = id;
    node.querySelectorAll<HTMLElement>('li').forEach(made => made.toggleAttribute('data-hot', made.dataset['id'] === id));
    paintLines(...visibleRange());
    point(id);
  }

  function choose(hit: IHit, index: number): void {
    opened = key(hit);
    active[hit.side] = index;
    node.querySelectorAll('[aria-expanded=true]').forEach(other => other.setAttribute('aria-expanded', 'false'));
    drawn.get(`${hit.side}:${index}`)?.querySelector('button')?.setAttribute('aria-expanded', 'true');
    heat(hit.id);
    open(hit);
  }

  function goTo(side: Side, index: number): void {
    const to = Math.max(0, Math.min(index, sides[side].length - 1));
    if (sides[side].length === 0) {
      return;
    }
    const top = to * ROW;
    if (top < scroller.scrollTop) {
      scroller.scrollTop = top;
    } else if (top + ROW > scroller.scrollTop + scroller.clientHeight) {
      scroller.scrollTop = top + ROW - scroller.clientHeight;
    }
    const before = drawn.get(`${side}:${active[side]}`)?.querySelector('button');
    if (before) {
      before.tabIndex = -1;
    }
    active[side] = to;
    paint();
    const target = drawn.get(`${side}:${to}`)?.querySelector('button');
    if (target) {
      target.tabIndex = 0;
      target.focus({ preventScroll: true });
    }
  }

  body.addEventListener('keydown', event => {
    const column = (event.target as Element).closest<HTMLElement>('[data-side]');
    if (!column) {
      return;
    }
    const side = column.dataset['side'] as Side;
    const at = active[side];
    const page = Math.max(1, Math.floor(scroller.clientHeight / ROW) - 1);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: sides[side].length - 1 }[event.key];
    const twin = sides[side][at]?.other_rank;
    if (to !== undefined) {
      goTo(side, to);
    } else if ((event.key === 'ArrowLeft' || event.key === 'ArrowRight') && twin) {
      goTo(side === 'a' ? 'b' : 'a', twin - 1);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  scroller.addEventListener('scroll', paint, { passive: true });
  node.addEventListener('pointerleave', () => heat(opened ? opened.slice(2) : null));
  const resized = new ResizeObserver(paint);
  resized.observe(scroller);

  return {
    node,
    close: () => resized.disconnect(),
    focus: hit => goTo(hit.side, hit.rank - 1),
    show(now, hits) {
      facts = now;
      sides.a = hits.filter(hit => hit.side === 'a');
      sides.b = hits.filter(hit => hit.side === 'b');
      const hasTwo = sides.b.length > 0;
      drawn.forEach(made => made.remove());
      drawn.clear();
      const rows = Math.max(sides.a.length, sides.b.length);
      body.style.height = `${rows * ROW}px`;
      scroller.style.height = `${Math.min(rows, 6) * ROW + 2}px`;
      lines.setAttribute('height', String(rows * ROW));
      node.toggleAttribute('data-two', hasTwo);
      fill(body, hasTwo && columns.b, hasTwo && lines, columns.a);
      fill(heads, hasTwo && head(facts.other_retriever!, sides.b.length), head(facts.retriever, sides.a.length));
      columns.a.setAttribute('aria-label', listTitle(facts.retriever, sides.a.length));
      columns.b.setAttribute('aria-label', facts.other_retriever ? listTitle(facts.other_retriever, sides.b.length) : '');
      paint();
    },
  };

  function head(retriever: IFacts['retriever'], shown: number): HTMLElement {
    return h('div', {}, h('strong', {}, listTitle(retriever, shown)), measureWords(retriever) && h('div', { class: 'jp-coreskills-small' }, measureWords(retriever)));
  }
}

export function key(hit: IHit): string {
  return `${hit.side}:${hit.id}`;
}
