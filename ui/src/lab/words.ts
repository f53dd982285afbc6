/** What the Course panel says: pure functions of its data. */

import { money, plural } from '../shared/format';
import type { Action, ILab, IModule, IPanel, IValidation } from './data';

export const LABELS: Record<Action, string> = {
  fetch: 'Fetch',
  open: 'Open',
  validate: 'Validate',
  submit: 'Submit',
  feedback: 'Read feedback',
};

export const RUNNING: Record<Action, string> = {
  fetch: 'Fetching\u2026',
  open: 'Opening\u2026',
  validate: 'Running the checks\u2026',
  submit: 'Submitting\u2026',
  feedback: 'Getting feedback\u2026',
};

export interface IMark {
  /** A shape, so that state is never colour alone. */
  shape: string;
  words: string;
  level: 'plain' | 'good' | 'warn' | 'bad';
}

/** A lab's state as a shape and words. */
export function stateOf(lab: ILab): IMark {
  switch (lab.state) {
    case 'to_come':
      return { shape: '\u2013', words: 'to come', level: 'plain' };
    case 'new':
      return { shape: '\u25cb', words: 'new', level: 'plain' };
    case 'fetched':
    case 'in_progress':
      return { shape: '\u25d0', words: lab.checks_n ? `in progress ${lab.checks_ok ?? 0}/${lab.checks_n}` : 'in progress', level: 'plain' };
    case 'submitted':
      return { shape: '\u25d5', words: lab.queue_place ? `submitted (${ordinal(lab.queue_place)} in line)` : 'submitted', level: 'plain' };
    case 'grading':
      return { shape: '\u25d5', words: 'grading', level: 'plain' };
    case 'passed':
      return { shape: '\u2713', words: `passed${scoreOf(lab)}${lab.is_late ? ', late' : ''}${newsOf(lab)}`, level: 'good' };
    case 'not_yet':
      return { shape: '\u2715', words: `not yet${scoreOf(lab)}${newsOf(lab)}`, level: 'warn' };
    case 'late':
      return { shape: '!', words: lab.path ? 'late' : 'late, not begun', level: 'bad' };
    case 'waits':
      return { shape: '\u25d5', words: 'waits for your instructor', level: 'plain' };
    case 'feedback':
      return { shape: '\u25cf', words: `feedback new${scoreOf(lab)}`, level: lab.passed ? 'good' : 'warn' };
  }
}

/** The trap at the edge: exactly 70 % is not a pass. */
export function passingWords(lab: ILab): string {
  if (typeof lab.score !== 'number' || !lab.max || lab.passed) {
    return '';
  }
  const percent = Math.floor((lab.score * 100) / lab.max);
  return lab.score * 10 === lab.max * 7 ? '70 %: passing needs more than 70 %' : percent < 70 ? `${percent} %: passing needs more than 70 %` : '';
}

/** What is left to do in a lab, in a sentence. */
export function leftWords(lab: ILab): string {
  if (lab.checks_n && (lab.state === 'in_progress' || lab.state === 'fetched')) {
    return `${lab.checks_ok ?? 0} of ${lab.checks_n} checks pass`;
  }
  return lab.state === 'new' && lab.minutes ? `About ${lab.minutes} min.` : '';
}

/** The lines of the card: what is left, and why this comes next, each once. */
export function cardLines(lab: ILab, reason: string): string[] {
  const lines = [leftWords(lab), lab.state === 'in_progress' ? '' : reason, reason || lab.grading_note ? '' : passingWords(lab), lab.grading_note ?? ''];
  const seen = new Set<string>();
  return lines.filter(line => line && !seen.has(plain(line)) && seen.add(plain(line)));
}

function plain(line: string): string {
  return line.toLowerCase().replace(/\.$/, '');
}

export function spendWords(lab: ILab): string {
  if (!lab.spent_usd || !lab.budget_usd) {
    return '';
  }
  return `${money(lab.spent_usd)} of ${money(lab.budget_usd)} spent`;
}

/** What the learner may do with a lab now; the first is what it is about. */
export function actionsFor(lab: ILab, hasClassroom = true): Action[] {
  if (lab.state === 'to_come') {
    return [];
  }
  const actions: Action[] = !lab.path ? ['fetch'] : hasClassroom ? ['open', 'validate', 'submit'] : ['open', 'validate'];
  if (lab.feedback_new || lab.local_feedback?.length || lab.state === 'feedback') {
    actions.push('feedback');
  }
  return actions;
}

/** How far a module is; on one's own computer nobody counts. */
export function moduleWords(module: IModule): string {
  return module.total === undefined ? `${module.labs.length} ${plural(module.labs.length, 'lab')}` : `${module.passed ?? 0} of ${module.total}`;
}

const BADGE_EARNED = 'Badge earned: all modules and the capstone';

export function badgeWords(panel: IPanel): string {
  const badge = panel.badge;
  if (!badge) {
    return '';
  }
  if (hasBadge(badge)) {
    return BADGE_EARNED;
  }
  const capstone = isCapstoneDone(badge.capstone) ? ', capstone done' : badge.modules_done >= badge.modules_total ? ', the capstone is left' : '';
  return `Badge: ${badge.modules_done} of ${badge.modules_total} modules${capstone}`;
}

const NO_LABS = {
  alone: 'There is no course here. To see its labs, start JupyterLab in the folder of the course with: coreskills lab',
  away: 'The labs of your course show here once the classroom answers.',
  ok: 'No lab is open yet. Each one shows here as soon as your instructor opens it.',
};

/** What the card says when there is nothing to do. */
export function restWords(panel: IPanel): string {
  const labs = panel.modules.flatMap(module => module.labs);
  if (labs.length === 0) {
    return NO_LABS[panel.has_classroom === false ? 'alone' : panel.service.state];
  }
  if (hasBadge(panel.badge)) {
    return BADGE_EARNED;
  }
  const waiting = labs.filter(lab => ['submitted', 'grading', 'waits'].includes(lab.state));
  if (waiting.length === 1) {
    return `${waiting[0]!.number ?? ''} ${waiting[0]!.title} waits for its result, which shows here.`.trim();
  }
  return waiting.length > 1 ? `${waiting.length} labs wait for their results, which show here.` : 'Nothing to do now: all labs that are open are done.';
}

export function hasBadge(badge: IPanel['badge']): boolean {
  return badge ? badge.earned || (badge.modules_done >= badge.modules_total && isCapstoneDone(badge.capstone)) : false;
}

function isCapstoneDone(capstone: unknown): boolean {
  return capstone === true || capstone === 'passed';
}

/** What Validate found, in one line. */
export function validationWords(found: IValidation): string {
  if (found.checks_n === 0) {
    return 'This lab has no visible checks.';
  }
  if (found.failed.length === 0) {
    const all = found.checks_n === 1 ? 'The one check you can see passes' : `All ${found.checks_n} checks you can see pass`;
    return `${all}. Hidden checks run after you submit.`;
  }
  return `${found.checks_ok} of ${found.checks_n} checks pass.`;
}

/** Another tab, or somebody on the server, saved this notebook after it was opened here. */
export function conflictWords(file: string, here: string, there: string, exactly: (utc: string) => string): string {
  return `${file} was saved elsewhere at ${exactly(there)}, perhaps in another tab; here it is as of ${exactly(here)}. Nothing was overwritten, and nothing was sent. To go on with the other one: File, Reload Notebook from Disk. To keep this one: save it, and answer Overwrite.`;
}

export function dueWords(lab: ILab, dated: (utc: string) => string): string {
  return lab.due_utc ? `due ${dated(lab.due_utc)}` : '';
}

export function attemptsWords(lab: ILab): string {
  return typeof lab.attempts_left === 'number' ? `${lab.attempts_left} ${plural(lab.attempts_left, 'attempt')} left` : '';
}

/** Changes worth saying aloud, from one look to the next: only what the learner waits for. */
export function news(before: IPanel | null, after: IPanel): string {
  const old = new Map(before?.modules.flatMap(module => module.labs).map(lab => [lab.id, lab.state]));
  const graded = after.modules
    .flatMap(module => module.labs)
    .filter(lab => ['submitted', 'grading', 'waits'].includes(old.get(lab.id) ?? '') && ['passed', 'not_yet', 'feedback'].includes(lab.state));
  return graded.map(lab => `${lab.number ?? ''} ${lab.title} is graded: ${stateOf(lab).words}.`.trim()).join(' ');
}

function scoreOf(lab: ILab): string {
  return typeof lab.score === 'number' && typeof lab.max === 'number' ? ` ${lab.score}/${lab.max}` : '';
}

function newsOf(lab: ILab): string {
  return lab.feedback_new ? ', feedback new' : '';
}

function ordinal(place: number): string {
  const teens = place % 100 >= 11 && place % 100 <= 13;
  return `${place}${teens ? 'th' : (['th', 'st', 'nd', 'rd'][place % 10] ?? 'th')}`;
}
