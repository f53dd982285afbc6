/** The Course panel's drawing: plain headings, lists and buttons. */

import { note } from '../shared/badge';
import { button, h, type Child } from '../shared/dom';
import { clock, date } from '../shared/format';
import type { Action, ILab, IModule, IPanel } from './data';
import { actionsFor, attemptsWords, badgeWords, cardLines, dueWords, hasBadge, LABELS, moduleWords, passingWords, restWords, RUNNING, spendWords, stateOf } from './words';

export interface IViewState {
  openModules: Set<string>;
  openLab: string | null;
  running: { lab: string; action: Action } | null;
  /** What the last action came to, under the lab it was about. */
  outcomes: Map<string, HTMLElement>;
}

export interface IViewActions {
  act(lab: ILab, action: Action): void;
  toggleModule(id: string): void;
  toggleLab(id: string): void;
  copy(text: string): void;
}

export function view(panel: IPanel, state: IViewState, actions: IViewActions): HTMLElement[] {
  const labs = panel.modules.flatMap(module => module.labs);
  const next = labs.find(lab => lab.id === panel.next?.lab_id);
  const parts: Child[] = [
    panel.service.state === 'away' && away(panel),
    card(panel, next, state, actions),
    panel.has_classroom === false && labs.length > 0 && h('p', { class: 'jp-coreskills-small' }, 'These labs are on this computer. Fetch, Open and Validate work here; handing in and scores need your classroom.'),
    progress(panel),
    h('div', {}, ...panel.modules.map(module => moduleOf(module, panel, state, actions))),
  ];
  return parts.filter((part): part is HTMLElement => part instanceof HTMLElement);
}

function away(panel: IPanel): HTMLElement {
  const when = panel.service.as_of_utc ? `As of ${clock(panel.service.as_of_utc)}: ` : '';
  return note('warn', `${when}${sentence(panel.service.trouble, when)}. Trying again. Open and Validate work; Submit has to wait.`);
}

function sentence(words: string, before: string): string {
  return before ? words : words.charAt(0).toUpperCase() + words.slice(1);
}

function card(panel: IPanel, lab: ILab | undefined, state: IViewState, actions: IViewActions): HTMLElement {
  if (!lab) {
    const words = restWords(panel);
    return h('section', { class: 'jp-coreskills-card jp-coreskills-next', 'aria-label': 'Continue' }, h('p', {}, words));
  }
  const action = panel.next!.action;
  const isNew = lab.state === 'new' && panel.modules.every(module => !module.passed);
  return h(
    'section',
    { class: 'jp-coreskills-card jp-coreskills-next', 'aria-label': 'Continue' },
    h('p', { class: 'jp-coreskills-small' }, isNew ? 'Start with' : 'Continue'),
    h('h3', {}, nameOf(lab)),
    ...cardLines(lab, panel.next!.reason).map(line => h('p', {}, line)),
    due(lab),
    doButton(lab, action, state, actions, true, panel.service.state === 'away'),
    h('p', { class: 'jp-coreskills-small' }, explain(action, lab)),
    ...after(lab, state, actions),
  );
}

function explain(action: Action, lab: ILab): string {
  switch (action) {
    case 'validate':
      return 'Validate runs the checks you can see, here.';
    case 'submit':
      return `Submit saves ${lab.id}.ipynb, then sends it; hidden checks run after.`;
    case 'fetch':
      return 'Fetch copies the lab into your files. Nothing of yours is overwritten.';
    default:
      return '';
  }
}

function doButton(lab: ILab, action: Action, state: IViewState, actions: IViewActions, isPrimary: boolean, isAway: boolean): HTMLElement {
  const isRunning = state.running?.lab === lab.id && state.running.action === action;
  const blocked = isAway && (action === 'submit' || action === 'fetch');
  const made = button(isRunning ? RUNNING[action] : LABELS[action], () => actions.act(lab, action), {
    class: `jp-coreskills-button${isPrimary ? ' jp-coreskills-primary' : ''}`,
    'aria-disabled': state.running || blocked ? 'true' : null,
    'data-action': action,
    'data-lab': lab.id,
    'data-primary': isPrimary,
    title: blocked ? 'The course service is away' : null,
    'aria-label': isRunning ? null : `${LABELS[action]} ${nameOf(lab)}`,
  });
  return made;
}

function after(lab: ILab, state: IViewState, actions: IViewActions): Child[] {
  const receipt = lab.receipt;
  return [
    state.outcomes.get(lab.id),
    receipt && h('p', { class: 'jp-coreskills-small' }, `Submitted ${clock(receipt.time_utc)}, receipt ${receipt.sha256.slice(0, 6)} `, button('copy', () => actions.copy(receipt.sha256), { class: 'jp-coreskills-link', 'aria-label': `Copy the receipt of ${nameOf(lab)}` })),
  ];
}

function progress(panel: IPanel): HTMLElement | null {
  const badge = panel.badge;
  if (!badge || (hasBadge(badge) && !panel.next)) {
    return null; // the card says it
  }
  const done = badge.modules_total > 0 ? (100 * badge.modules_done) / badge.modules_total : 0;
  return h(
    'div',
    { class: 'jp-coreskills-progress' },
    h('p', {}, badgeWords(panel)),
    h('div', { class: 'jp-coreskills-meter', 'aria-hidden': 'true' }, h('span', { class: 'jp-coreskills-meter-fill', style: `width:${done.toFixed(1)}%` })),
  );
}

function moduleOf(module: IModule, panel: IPanel, state: IViewState, actions: IViewActions): HTMLElement {
  const isOpen = state.openModules.has(module.id);
  const unfold = button('', () => actions.toggleModule(module.id), { class: 'jp-coreskills-unfold-button', 'aria-expanded': String(isOpen), 'data-module': module.id });
  unfold.append(h('span', { 'aria-hidden': 'true' }, isOpen ? '\u25be' : '\u25b8'), h('span', { class: 'jp-coreskills-name' }, [module.id, module.title].filter(Boolean).join(' ')), h('span', { class: 'jp-coreskills-small' }, moduleWords(module)));
  return h('section', {}, h('h3', {}, unfold), isOpen && h('ul', {}, ...module.labs.map(lab => labRow(lab, panel, state, actions))));
}

function labRow(lab: ILab, panel: IPanel, state: IViewState, actions: IViewActions): HTMLElement {
  const mark = stateOf(lab);
  const isOpen = state.openLab === lab.id;
  const unfold = button('', () => actions.toggleLab(lab.id), { class: 'jp-coreskills-unfold-button', 'aria-expanded': String(isOpen), 'data-lab': lab.id });
  unfold.append(
    h('span', { 'aria-hidden': 'true', class: 'jp-coreskills-shape', 'data-level': mark.level }, mark.shape),
    h('span', { class: 'jp-coreskills-name' }, nameOf(lab)),
    h('span', { class: 'jp-coreskills-state' }, lab.state === 'new' && lab.minutes ? `new, ${lab.minutes} min` : mark.words),
  );
  return h('li', {}, unfold, isOpen && labMore(lab, panel, state, actions));
}

function labMore(lab: ILab, panel: IPanel, state: IViewState, actions: IViewActions): HTMLElement {
  const lines = [lab.grading_note ?? passingWords(lab), attemptsWords(lab), spendWords(lab)].filter(Boolean);
  const possible = actionsFor(lab, panel.has_classroom);
  const isAway = panel.service.state === 'away';
  return h(
    'div',
    { class: 'jp-coreskills-more jp-coreskills-unfold' },
    due(lab),
    ...lines.map(line => h('p', { class: 'jp-coreskills-small' }, line)),
    possible.length === 0 && h('p', { class: 'jp-coreskills-small' }, 'This lab is announced; it cannot be fetched yet.'),
    possible.length > 0 && h('div', { class: 'jp-coreskills-row' }, ...possible.map(action => doButton(lab, action, state, actions, false, isAway))),
    ...(panel.next?.lab_id === lab.id ? [] : after(lab, state, actions)),
  );
}

function due(lab: ILab): HTMLElement | null {
  const words = dueWords(lab, utc => date(utc));
  return words ? h('p', { class: 'jp-coreskills-small' }, words) : null;
}

export function nameOf(lab: ILab): string {
  return lab.number ? `${lab.number} ${lab.title}` : lab.title;
}
