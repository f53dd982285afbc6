/** What a hit says about itself, in words. */

import { count, score } from '../shared/format';
import type { IHit, IRetriever } from './data';

export function listTitle(retriever: IRetriever, shown: number): string {
  return retriever.searched_n ? `${retriever.name}, ${count(retriever.searched_n)} chunks` : `${retriever.name}, ${shown} ${shown === 1 ? 'chunk' : 'chunks'}`;
}

export function measureWords(retriever: IRetriever): string {
  if (!retriever.measure) {
    return '';
  }
  const better = retriever.higher_is_better === false ? 'lower is nearer' : 'higher is nearer';
  return `${retriever.measure}, ${better}${retriever.hashed ? '; hashed vectors: distances mean little here' : ''}`;
}

/** Why it was found: the words it shares, how rare they are, or that there are none. */
export function whyWords(hit: IHit): string {
  if (hit.words.length === 0) {
    return 'no shared words: near in meaning only';
  }
  return `matches: ${hit.words.map(found => `${found.word}${found.count > 1 ? ` \u00d7${found.count}` : ''}`).join(', ')}`;
}

export function rarityWords(hit: IHit): string {
  const rare = hit.words.filter(found => found.in_chunks !== null && found.of_chunks !== null && found.of_chunks > 1);
  return rare.map(found => `${found.word} is in ${found.in_chunks} of ${found.of_chunks} texts`).join(', ');
}

/** `+1`, `new`: how the first list changed the second, which stands to its left; there only `gone`. */
export function changeMark(hit: IHit): string {
  if (hit.side === 'b') {
    return hit.change === 'new' ? 'gone' : '';
  }
  switch (hit.change) {
    case 'up':
      return `+${hit.other_rank! - hit.rank}`;
    case 'down':
      return `\u2212${hit.rank - hit.other_rank!}`;
    case 'new':
      return 'new';
    case 'same':
      return '=';
    default:
      return '';
  }
}

export function changeWords(hit: IHit, other: string): string {
  switch (hit.change) {
    case 'up':
    case 'down':
      return `${hit.side === 'a' ? 'was' : 'now'} ${hit.other_rank} in ${other}`;
    case 'same':
      return `same rank in ${other}`;
    case 'new':
      return `not in ${other}`;
    default:
      return '';
  }
}

export function remarks(hit: IHit): string[] {
  return [hit.right ? '\u2713 right' : '', hit.grade !== null ? `grade ${hit.grade}` : '', hit.same_as ? `same text as rank ${hit.same_as}` : '', hit.tied ? 'tie' : ''].filter(Boolean);
}

export function spokenHit(hit: IHit, other: string): string {
  const parts = [`Rank ${hit.rank}`, hit.label, hit.score === null ? 'no score' : `score ${score(hit.score)}`, hit.right ? 'right' : '', changeWords(hit, other), hit.words.length ? `matches ${hit.words.map(found => found.word).join(', ')}` : 'no shared words'];
  return parts.filter(Boolean).join(', ');
}

/** Where a score stands on its list's own axis, 0 to 1; two measures never share one. */
export function axisShare(hit: IHit, hits: readonly IHit[], retriever: IRetriever): number | null {
  const known = hits.map(each => each.score).filter((value): value is number => value !== null);
  if (hit.score === null || known.length === 0) {
    return null;
  }
  const [low, high] = [Math.min(...known), Math.max(...known)];
  if (retriever.higher_is_better === false) {
    return high === low ? 1 : (high - hit.score) / (high - low);
  }
  const floor = low >= 0 ? 0 : low;
  return high === floor ? 1 : (hit.score - floor) / (high - floor);
}

/** The parts of a fused score: rank in each list, what each added. */
export function partRows(parts: Record<string, unknown>): [string, string, string][] {
  return Object.entries(parts).map(([name, value]) => {
    if (typeof value === 'object' && value !== null) {
      const { rank, added, score: raw } = value as { rank?: number; added?: number; score?: number };
      return [name, rank === undefined ? '' : String(rank), added === undefined ? (raw === undefined ? '' : score(raw)) : `+${score(added)}`];
    }
    return [name, '', typeof value === 'number' ? score(value) : String(value)];
  });
}
