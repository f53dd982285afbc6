/** The map of meanings: the query among the chunks. A picture: the table is its twin. */

import { button, h, say, svg } from '../shared/dom';
import type { IHit, IMap } from './data';

const SIZE = 320;
const PAD = 22;
const MOST_ZOOM = 16;

export interface IMapView {
  node: HTMLElement;
  point(id: string | null): void;
}

type Spot = { id: string; doc: string; x: number; y: number; hit: IHit | undefined };

export function mapView(map: IMap, hits: readonly IHit[], open: (hit: IHit) => void): IMapView {
  const byId = new Map(hits.filter(hit => hit.side === 'a').map(hit => [hit.id, hit]));
  const place = scale(map);
  const spots: Spot[] = map.points.map(point => ({ id: point.id, doc: point.doc, ...place(point), hit: byId.get(point.id) }));
  const here = place(map.query);
  const drawing = svg('svg', { viewBox: `0 0 ${SIZE} ${SIZE}`, class: 'jp-coreskills-map', 'aria-hidden': 'true', focusable: 'false' });
  const said = h('p', { role: 'status' });
  const dots = new Map<string, SVGGElement>();
  let zoom = 1;
  let current: Spot | null = null;

  for (const spot of [...spots].sort((left, right) => Number(Boolean(left.hit)) - Number(Boolean(right.hit)))) {
    const dot = svg('g', { 'data-id': spot.id, 'data-hit': spot.hit ? '' : null, 'data-right': spot.hit?.right ? '' : null });
    dot.append(svg('circle', { cx: spot.x, cy: spot.y, r: spot.hit ? 8 : 2.5 }), svg('title', {}, spot.hit ? `Rank ${spot.hit.rank}: ${spot.hit.label}` : spot.doc || spot.id));
    if (spot.hit) {
      dot.append(svg('text', { x: spot.x, y: spot.y + 3.5 }, String(spot.hit.rank)));
    }
    dot.addEventListener('click', () => go(spot));
    dots.set(spot.id, dot);
    drawing.append(dot);
  }
  drawing.append(svg('path', { class: 'jp-coreskills-query', d: `M${here.x - 9} ${here.y}h18M${here.x} ${here.y - 9}v18` }));

  function go(spot: Spot): void {
    current = spot;
    point(spot.id);
    say(said, spot.hit ? `Rank ${spot.hit.rank}: ${spot.hit.label}` : `Not among the hits: ${spot.doc || spot.id}`);
  }

  function point(id: string | null): void {
    dots.forEach((dot, name) => dot.toggleAttribute('data-hot', name === id));
  }

  function magnify(by: number): void {
    zoom = Math.max(1, Math.min(MOST_ZOOM, zoom * by));
    const [centre, size] = [current ?? here, SIZE / zoom];
    const clamp = (value: number): number => Math.max(0, Math.min(SIZE - size, value - size / 2));
    drawing.setAttribute('viewBox', zoom === 1 ? `0 0 ${SIZE} ${SIZE}` : `${clamp(centre.x)} ${clamp(centre.y)} ${size} ${size}`);
  }

  const frame = h('div', { class: 'jp-coreskills-map-frame', tabindex: 0, role: 'group', 'aria-label': 'Map of meanings: arrow keys step to the nearest point, Enter opens a hit' }, drawing);
  frame.addEventListener('keydown', event => {
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (direction) {
      const next = nearest(spots, current ?? here, direction as [number, number]);
      if (next) {
        go(next);
      }
    } else if (event.key === 'Enter' && current?.hit) {
      open(current.hit);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  frame.addEventListener('wheel', event => {
    if (event.ctrlKey) {
      magnify(event.deltaY < 0 ? 1.25 : 0.8);
      event.preventDefault();
    }
  }, { passive: false });
  const trust = map.kept ? `${map.kept[0]} of ${map.kept[1]} true neighbours of the query are near it here too` : 'how well distances hold here is not known';
  const node = h(
    'div',
    { class: 'jp-coreskills-map-view' },
    h('p', {}, `${map.method}: ${trust}. The cross is the query, numbers are ranks.`),
    frame,
    h('div', { class: 'jp-coreskills-row' }, button('+', () => magnify(1.5), { 'aria-label': 'Zoom in' }), button('\u2212', () => magnify(1 / 1.5), { 'aria-label': 'Zoom out' }), said),
  );
  return { node, point };
}

function scale(map: IMap): (point: { x: number; y: number }) => { x: number; y: number } {
  const all = [...map.points, map.query];
  const [xs, ys] = [all.map(point => point.x), all.map(point => point.y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - left || 1, Math.max(...ys) - top || 1];
  return ({ x, y }) => ({ x: PAD + ((x - left) / width) * (SIZE - 2 * PAD), y: PAD + ((y - top) / height) * (SIZE - 2 * PAD) });
}

/** The nearest point in a direction: within 45 degrees of it. */
function nearest(spots: readonly Spot[], from: { x: number; y: number }, [right, down]: [number, number]): Spot | null {
  let best: Spot | null = null;
  let least = Infinity;
  for (const spot of spots) {
    const [dx, dy] = [spot.x - from.x, spot.y - from.y];
    const along = dx * right + dy * down;
    const across = Math.abs(dx * down) + Math.abs(dy * right);
    const far = dx * dx + dy * dy;
    if (along > 0.01 && across <= along && far < least) {
      [best, least] = [spot, far];
    }
  }
  return best;
}
