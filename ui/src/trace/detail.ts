/** One call, opened: conversation, both sides, stream, tries, replay. */

import { badge, note } from '../shared/badge';
import { h, type Child } from '../shared/dom';
import { count, duration, tokens, visible } from '../shared/format';
import { copyButton, outside } from '../shared/outside';
import { tabs, type ITab } from '../shared/tabs';
import { asCurl, asPython } from './again';
import { conversation, type ITurn } from './conversation';
import type { IAttempt, ISide, ITrace } from './data';
import { replay } from './replay';
import { costWords, hintFor, timeWords, triesWords } from './words';

export interface IDetail {
  node: HTMLElement;
  heading: HTMLElement;
}

export function traceDetail(trace: ITrace, attempts: readonly IAttempt[] = trace.attempts ?? []): IDetail {
  const status = trace.status ?? 0;
  const heading = h('h3', { tabindex: -1 }, visible(`Call ${trace.id} \u00b7 ${clipped(trace.model_asked ?? trace.model ?? '')}`));
  const facts = [
    trace.is_miss || trace.miss ? 'no recording' : `${status}${status >= 400 ? ' failed' : ''}`,
    timeWords({ latency_ms: trace.latency_ms ?? null, source: trace.source ?? '' }),
    trace.first_token_ms ? `first token ${duration(trace.first_token_ms)}` : '',
    `${tokens(trace.input_tokens ?? 0)} in, ${tokens(trace.output_tokens ?? 0)} out`,
    costWords({ status, cost_usd: trace.cost_usd ?? null, estimated: trace.estimated ?? false }),
    trace.model_answered && trace.model_answered !== (trace.model_asked ?? trace.model) ? `answered by ${trace.model_answered}` : '',
  ];
  const list: ITab[] = [
    { name: 'Conversation', build: () => talk(trace) },
    { name: 'Request', build: () => side('request', trace.request) },
    { name: 'Response', build: () => side('response', trace.response) },
  ];
  if (trace.response?.events?.length) {
    list.push({ name: 'Stream', build: () => stream(trace) });
  }
  if (attempts.length > 1) {
    list.push({ name: 'Attempts', build: () => tries(attempts, trace.source ?? '') });
  }
  if (trace.cassette || trace.miss || trace.source === 'recorded') {
    list.push({ name: 'Replay', build: () => replay(trace) });
  }
  const views = tabs(`Call ${trace.id}`, list);
  views.redraw();
  const node = h(
    'div',
    { class: 'jp-coreskills-detail' },
    h('div', { class: 'jp-coreskills-row' }, heading, h('span', { class: 'jp-coreskills-push' }, trace.source ? badge(trace.source) : '')),
    h('p', { class: 'jp-coreskills-small' }, `${trace.method ?? 'POST'} ${trace.url ?? trace.endpoint ?? ''}`),
    h('p', {}, facts.filter(Boolean).join(' \u00b7 ')),
    attempts.length > 1 && h('p', {}, triesWords(attempts, trace.source ?? '')),
    status >= 400 && failure(trace, status),
    trace.ended === 'broken' && note('bad', 'The answer broke off before its end. The Stream and Response tabs show what came.'),
    h('div', { class: 'jp-coreskills-row' }, views.bar, h('span', { class: 'jp-coreskills-push jp-coreskills-row' }, copyButton(() => asCurl(trace), 'Copy as curl', 'curl'), copyButton(() => asPython(trace), 'Copy as Python', 'Python'))),
    views.panel,
  );
  return { node, heading };
}

const LONGEST_NAME = 60;

function clipped(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}\u2026` : name;
}

/** The provider's own words first, then ours. */
function failure(trace: ITrace, status: number): HTMLElement {
  const said = [trace.error?.type, trace.error?.message ?? trace.miss?.message].filter(Boolean).join(': ');
  const hint = trace.error?.hint ?? hintFor(status);
  return h('div', {}, note('bad', said || `Status ${status}.`), hint ? h('p', {}, `What to do: ${hint}`) : null);
}

function talk(trace: ITrace): HTMLElement {
  const { asked, answered, settings, addedBySdk } = conversation(trace);
  return h(
    'div',
    { class: 'jp-coreskills-sides' },
    h(
      'div',
      { class: 'jp-coreskills-side' },
      h('h4', {}, 'Asked'),
      ...turns(asked, 'Nothing was sent in the body.'),
      settings.length > 0 && pairs('settings', settings),
      addedBySdk.length > 0 && h('details', { class: 'jp-coreskills-sdk' }, h('summary', {}, `added by the SDK: ${addedBySdk.length} things your code did not write`), pairs('', addedBySdk)),
    ),
    h('div', { class: 'jp-coreskills-side' }, h('h4', {}, 'Answered'), ...turns(answered, trace.status && trace.status >= 400 ? 'An error: see above.' : 'No text came back.')),
  );
}

function turns(list: ITurn[], nothing: string): HTMLElement[] {
  return list.length === 0 ? [h('p', { class: 'jp-coreskills-small' }, nothing)] : list.map(turn);
}

function turn(said: ITurn): HTMLElement {
  const content: Child = said.picture ? picture(said.picture) : outside(said.text, { name: said.role, isProse: true });
  return h('div', { class: 'jp-coreskills-turn' }, h('div', { class: 'jp-coreskills-role' }, said.role), content);
}

function picture({ media, base64 }: { media: string; base64: string }): HTMLElement {
  const words = h('p', { class: 'jp-coreskills-small' }, `${media.replace('image/', '').toUpperCase()}, ${count((base64.length * 3) / 4 / 1024)} kB`);
  if (!/^image\/(png|jpeg|gif|webp)$/.test(media)) {
    return words;
  }
  const image = h('img', { src: `data:${media};base64,${base64}`, alt: 'Picture sent with the request', class: 'jp-coreskills-thumb' });
  image.addEventListener('load', () => (words.textContent = `${media.replace('image/', '').toUpperCase()} ${image.naturalWidth} x ${image.naturalHeight}, ${count((base64.length * 3) / 4 / 1024)} kB`));
  return h('div', {}, image, words);
}

function pairs(title: string, list: [string, string][]): HTMLElement {
  const rows = list.map(([name, value]) => h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, isSecret(name) ? 'hidden' : value)));
  return h('table', { class: 'jp-coreskills-table' }, h('caption', { class: title ? 'jp-coreskills-small' : 'jp-coreskills-unheard' }, title || 'Headers'), h('tbody', {}, ...rows));
}

function isSecret(name: string): boolean {
  return /^(authorization|x-api-key|api-key|cookie|set-cookie)$/i.test(name);
}

function side(name: string, part: ISide | undefined): HTMLElement {
  const body = part?.body;
  const text = typeof body === 'string' ? body : body === undefined || body === null ? '' : JSON.stringify(body, null, 2);
  const headers = Object.entries(part?.headers ?? {});
  return h(
    'div',
    { class: 'jp-coreskills-side' },
    headers.length > 0 && h('details', {}, h('summary', {}, `${headers.length} headers`), pairs('', headers)),
    text ? outside(text, { name }) : h('p', { class: 'jp-coreskills-small' }, 'No body.'),
  );
}

const MOST_EVENTS = 500;

function stream(trace: ITrace): HTMLElement {
  const events = trace.response?.events ?? [];
  const rows = events.slice(0, MOST_EVENTS).map(event => h('tr', {}, h('td', { class: 'jp-coreskills-number' }, duration(event.at_ms)), h('td', {}, h('code', {}, event.data.length > 300 ? `${event.data.slice(0, 300)}\u2026 (${count(event.data.length - 300)} more)` : event.data))));
  const more = events.length - rows.length;
  return h(
    'div',
    {},
    h('p', { class: 'jp-coreskills-small' }, `${count(events.length)} events${more > 0 ? `, the first ${MOST_EVENTS} shown` : ''}`),
    h('div', { class: 'jp-coreskills-scroll jp-coreskills-events', tabindex: 0, role: 'group', 'aria-label': 'Events' }, h('table', { class: 'jp-coreskills-table' }, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'At'), h('th', { scope: 'col' }, 'Data'))), h('tbody', {}, ...rows))),
  );
}

function tries(attempts: readonly IAttempt[], source: string): HTMLElement {
  const rows = attempts.map((attempt, index) => h('tr', {}, h('td', {}, String(index + 1)), h('td', {}, String(attempt.status ?? 'no answer')), h('td', {}, attempt.reason ?? ''), h('td', {}, attempt.waited_ms === null || attempt.waited_ms === undefined ? '' : duration(attempt.waited_ms))));
  return h('div', {}, h('p', {}, triesWords(attempts, source)), h('table', { class: 'jp-coreskills-table' }, h('thead', {}, h('tr', {}, ...['Try', 'Status', 'Reason', 'Waited before'].map(name => h('th', { scope: 'col' }, name)))), h('tbody', {}, ...rows)));
}
