import { describe, expect, it } from 'vitest';

import type { ILab, IPanel } from './data';
import { actionsFor, badgeWords, cardLines, conflictWords, leftWords, news, passingWords, restWords, stateOf, validationWords } from './words';

const lab = (more: Partial<ILab>): ILab => ({ id: 'b1-2', number: 'B1.2', title: 'Cost calculator', state: 'new', ...more });
const panel = (...labs: ILab[]): IPanel => ({ modules: [{ id: 'M1', title: 'Basics', passed: 0, total: labs.length, labs }], service: { state: 'ok', as_of_utc: '', trouble: '' } });

describe('a state is a shape and words', () => {
  it.each([
    [lab({}), 'new'],
    [lab({ state: 'to_come' }), 'to come'],
    [lab({ state: 'in_progress', checks_ok: 5, checks_n: 8 }), 'in progress 5/8'],
    [lab({ state: 'submitted', queue_place: 3 }), 'submitted (3rd in line)'],
    [lab({ state: 'submitted', queue_place: 11 }), 'submitted (11th in line)'],
    [lab({ state: 'grading' }), 'grading'],
    [lab({ state: 'passed', score: 18, max: 20 }), 'passed 18/20'],
    [lab({ state: 'not_yet', score: 14, max: 20 }), 'not yet 14/20'],
    [lab({ state: 'not_yet', score: 14, max: 20, feedback_new: true }), 'not yet 14/20, feedback new'],
    [lab({ state: 'late', path: 'x' }), 'late'],
    [lab({ state: 'waits' }), 'waits for your instructor'],
    [lab({ state: 'feedback', score: 18, max: 20, passed: true }), 'feedback new 18/20'],
  ])('%o', (given, words) => {
    const mark = stateOf(given);
    expect(mark.words).toBe(words);
    expect(mark.shape).toMatch(/^\S$/);
  });
});

it('says that exactly 70 % is not a pass', () => {
  expect(passingWords(lab({ state: 'not_yet', score: 14, max: 20 }))).toBe('70 %: passing needs more than 70 %');
  expect(passingWords(lab({ state: 'not_yet', score: 13, max: 20 }))).toBe('65 %: passing needs more than 70 %');
  expect(passingWords(lab({ state: 'passed', score: 15, max: 20, passed: true }))).toBe('');
});

it('offers fetch before, and open, validate, submit after', () => {
  expect(actionsFor(lab({}))).toEqual(['fetch']);
  expect(actionsFor(lab({ path: 'b1-2/b1-2.ipynb', feedback_new: true }))).toEqual(['open', 'validate', 'submit', 'feedback']);
  expect(actionsFor(lab({ state: 'to_come' }))).toEqual([]);
  expect(actionsFor(lab({ path: 'b1-2/b1-2.ipynb' }), false)).toEqual(['open', 'validate']);
});

it('says each line of the card once', () => {
  expect(cardLines(lab({ minutes: 60 }), 'About 60 min.')).toEqual(['About 60 min.']);
  expect(cardLines(lab({ state: 'not_yet', score: 14, max: 20, grading_note: '70 %: passing needs more than 70 %.' }), '14 of 20: passing needs more than 70 %.')).toEqual(['14 of 20: passing needs more than 70 %.', '70 %: passing needs more than 70 %.']);
  expect(cardLines(lab({ state: 'in_progress', checks_ok: 5, checks_n: 8 }), 'You have begun it.')).toEqual(['5 of 8 checks pass']);
});

it('says what is left', () => {
  expect(leftWords(lab({ state: 'in_progress', checks_ok: 5, checks_n: 8 }))).toBe('5 of 8 checks pass');
  expect(leftWords(lab({ minutes: 40 }))).toBe('About 40 min.');
});

it('speaks of a lab once, when it is graded', () => {
  const waiting = panel(lab({ state: 'grading' }));
  const graded = panel(lab({ state: 'passed', score: 18, max: 20 }));
  expect([news(waiting, graded), news(graded, graded), news(null, graded)]).toEqual(['B1.2 Cost calculator is graded: passed 18/20.', '', '']);
});

it('counts to the badge', () => {
  expect(badgeWords({ ...panel(), badge: { modules_done: 2, modules_total: 7 } })).toBe('Badge: 2 of 7 modules');
  expect(badgeWords({ ...panel(), badge: { modules_done: 7, modules_total: 7, capstone: true } })).toBe('Badge earned: all modules and the capstone');
});

it('tells visible checks from hidden ones', () => {
  expect(validationWords({ checks_ok: 8, checks_n: 8, failed: [], changed: [], trouble: '' })).toBe('All 8 checks you can see pass. Hidden checks run after you submit.');
});

it('shows both times of a notebook that was saved elsewhere', () => {
  const words = conflictWords('b1-2.ipynb', '2026-11-14T14:01:02Z', '2026-11-14T14:03:10Z', utc => utc.slice(11, 19));
  expect(words).toContain('b1-2.ipynb was saved elsewhere at 14:03:10, perhaps in another tab; here it is as of 14:01:02. Nothing was overwritten');
});

describe('with nothing to do the card says why', () => {
  it.each([
    [panel(), 'No lab is open yet. Each one shows here as soon as your instructor opens it.'],
    [{ ...panel(), service: { state: 'away' as const, as_of_utc: '', trouble: 'x' } }, 'The labs of your course show here once the classroom answers.'],
    [{ ...panel(), has_classroom: false }, 'There is no course here. To see its labs, start JupyterLab in the folder of the course with: coreskills lab'],
    [panel(lab({ state: 'submitted' })), 'B1.2 Cost calculator waits for its result, which shows here.'],
    [panel(lab({ state: 'submitted' }), lab({ id: 'b', state: 'waits' })), '2 labs wait for their results, which show here.'],
    [panel(lab({ state: 'passed' })), 'Nothing to do now: all labs that are open are done.'],
  ])('%#', (shown, words) => {
    expect(restWords(shown)).toBe(words);
  });
});
