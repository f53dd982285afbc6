import { describe, expect, it } from 'vitest';

import { asCurl, asPython } from './again';
import { conversation } from './conversation';
import type { ITrace } from './data';
import { replayWords, triesWords } from './words';

const trace = (request: unknown, response: unknown, more: Partial<ITrace> = {}): ITrace => ({ id: '1', provider: 'anthropic', endpoint: 'messages', url: '/v1/messages', request: { headers: { 'user-agent': 'sdk', 'x-mine': '1' }, body: request }, response: { body: response }, ...more });

describe('a request reads as a conversation', () => {
  it('of the messages API', () => {
    const found = conversation(trace({ model: 'm', max_tokens: 9, system: 'Be brief.', messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] }, { content: [{ type: 'text', text: 'Hello' }, { type: 'tool_use', name: 'sum', input: { a: 1 } }] }));
    expect(found.asked.map(turn => [turn.role, turn.text])).toEqual([['system', 'Be brief.'], ['user', 'Hi']]);
    expect(found.answered.map(turn => [turn.role, turn.text])).toEqual([['assistant', 'Hello'], ['tool called', 'sum({"a":1})']]);
    expect(found.settings).toEqual([['model', 'm'], ['max_tokens', '9']]);
    expect(found.addedBySdk).toEqual([['user-agent', 'sdk']]);
  });

  it('of chat completions', () => {
    const found = conversation(trace({ messages: [{ role: 'user', content: 'Hi' }] }, { choices: [{ message: { role: 'assistant', content: 'Hello' } }] }));
    expect([found.asked[0]!.text, found.answered[0]!.text]).toEqual(['Hi', 'Hello']);
  });

  it('of the responses API', () => {
    const found = conversation(trace({ instructions: 'Be brief.', input: 'Hi' }, { output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hello' }] }] }));
    expect([found.asked.map(turn => turn.text), found.answered[0]!.text]).toEqual([['Be brief.', 'Hi'], 'Hello']);
  });

  it('of a stream, put together from its events', () => {
    const events = [{ at_ms: 1, data: '{"delta":{"text":"posi"}}' }, { at_ms: 2, data: '{"delta":{"text":"tive"}}' }, { at_ms: 3, data: '{broken' }];
    expect(conversation(trace({}, null, { response: { events } })).answered[0]!.text).toBe('positive');
  });

  it('of an embedding, by size and length, also as base64', () => {
    const base64 = btoa(String.fromCharCode(...new Uint8Array(new Float32Array([3, 4]).buffer)));
    const found = conversation(trace({ input: ['tent'], encoding_format: 'base64' }, { data: [{ embedding: base64 }] }));
    expect(found.answered[0]!.text).toBe('2 numbers, length 5.000: 3.0000, 4.0000, \u2026');
    expect(found.addedBySdk[0]).toEqual(['encoding_format', 'base64']);
  });

  it('of anything else, without breaking', () => {
    for (const body of [null, 'text', 3, [], { messages: 'x', input: [null, 3] }]) {
      expect(() => conversation(trace(body, body))).not.toThrow();
    }
  });
});

it('never puts a key into what is copied', () => {
  const call = trace({ model: 'm', messages: [], stream: true, top: null }, null);
  call.request!.headers!['authorization'] = 'Bearer sk-secret';
  expect(asCurl(call) + asPython(call)).not.toContain('sk-secret');
  expect(asPython(call)).toContain('    stream=True,\n    top=None,');
});

it('folds tries into words', () => {
  const attempts = [{ status: 429, reason: 'rate', waited_ms: null }, { status: 429, reason: 'rate', waited_ms: 1000 }, { status: 200, reason: '', waited_ms: 2000 }];
  expect(triesWords(attempts, 'recorded')).toBe('3 tries, two 429, waited 3.00 s (recorded)');
});

it('tells a miss from a recording that proves only the plumbing', () => {
  expect(replayWords({ id: '1', miss: {} })).toBe('no recording');
  expect(replayWords({ id: '1', cassette: { file: 'x', index: 1, tier: 'cause' } })).toContain('shows your plumbing, not your prompt');
});
