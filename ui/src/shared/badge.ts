/** Where an answer came from: a word and an outline, never a colour alone. */

import { h } from './dom';

const ORDER = ['offline', 'recorded', 'live'];

export function badges(sources: Record<string, number>): HTMLElement[] {
  const present = ORDER.filter(name => (sources[name] ?? 0) > 0);
  return present.map(name => badge(name, present.length > 1 ? `${sources[name]} ${name}` : name));
}

export function badge(source: string, words = source): HTMLElement {
  return h('span', { class: 'jp-coreskills-badge', 'data-source': source }, words);
}

const MARKS: Record<string, string> = { warn: '!', bad: '\u2715', good: '\u2713', plain: '\u2022' };

/** A line with a filled edge and a mark: state is never colour alone. */
export function note(level: 'warn' | 'bad' | 'good' | 'plain', words: string): HTMLElement {
  return h('div', { class: 'jp-coreskills-note', 'data-level': level }, h('span', { 'aria-hidden': 'true' }, MARKS[level]), h('span', {}, words));
}
