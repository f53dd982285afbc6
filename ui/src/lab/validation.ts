/** What Validate found: how many checks pass, and the way to those that do not. */

import { note } from '../shared/badge';
import { button, h } from '../shared/dom';
import { visible } from '../shared/format';
import type { IValidation } from './data';
import { validationWords } from './words';

const SHOWN = 3;

export function validation(found: IValidation, saved: string, open: (cellId: string) => void): HTMLElement {
  const isFine = found.failed.length === 0 && found.changed.length === 0 && !found.trouble;
  const more = found.failed.length - SHOWN;
  return h(
    'div',
    {},
    note(isFine ? 'good' : 'warn', saved + validationWords(found)),
    found.trouble && note('bad', found.trouble),
    found.changed.length > 0 && note('warn', `These checks were edited here; grading uses the originals: ${found.changed.join(', ')}.`),
    found.failed.length > 0 && failures(found.failed.slice(0, SHOWN), open),
    more > 0 && h('details', {}, h('summary', {}, `${more} more`), failures(found.failed.slice(SHOWN), open)),
  );
}

function failures(failed: IValidation['failed'], open: (cellId: string) => void): HTMLElement {
  const items = failed.map(check => h('li', {}, button(visible(check.title), () => open(check.cell_id), { class: 'jp-coreskills-link' }), h('p', { class: 'jp-coreskills-small' }, visible(check.message))));
  return h('ul', { class: 'jp-coreskills-failed' }, ...items);
}
