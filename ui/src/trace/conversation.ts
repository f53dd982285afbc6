/** Reads a provider's request and answer as a conversation, whatever its shape. */

import { isJson, type ISide, type ITrace, type Json } from './data';

export interface ITurn {
  role: string;
  /** Said, or what a tool was asked. */
  text: string;
  kind: 'text' | 'picture' | 'tool' | 'numbers';
  /** For pictures. */
  picture?: { media: string; base64: string };
}

export interface IConversation {
  asked: ITurn[];
  answered: ITurn[];
  /** Everything else in the request: model, max_tokens, ... */
  settings: [string, string][];
  /** What the learner's code did not write. */
  addedBySdk: [string, string][];
}

const BODY_TEXT = new Set(['messages', 'system', 'input', 'instructions', 'tools', 'prompt', 'query', 'documents']);
const SDK_HEADERS = /^(x-stainless-|user-agent$|anthropic-version$|x-api-key$|authorization$|idempotency-key$|accept$|content-type$)/;

export function conversation(trace: ITrace): IConversation {
  const body = isJson(trace.request?.body) ? trace.request.body : {};
  return {
    asked: asked(body),
    answered: answered(trace.response),
    settings: Object.entries(body)
      .filter(([name]) => !BODY_TEXT.has(name) && !isSdkField(name, body))
      .map(([name, value]) => [name, brief(value)]),
    addedBySdk: [
      ...Object.keys(body).filter(name => isSdkField(name, body)).map((name): [string, string] => [name, brief(body[name])]),
      ...Object.entries(trace.request?.headers ?? {}).filter(([name]) => SDK_HEADERS.test(name.toLowerCase())),
    ],
  };
}

/** The OpenAI SDK asks for base64 vectors whether or not the code did. */
function isSdkField(name: string, body: Json): boolean {
  return name === 'encoding_format' && body[name] === 'base64';
}

function asked(body: Json): ITurn[] {
  const turns: ITurn[] = [];
  add(turns, 'system', body['system'] ?? body['instructions']);
  for (const message of listOf(body['messages'])) {
    addMessage(turns, message);
  }
  const input = body['input'];
  if (typeof input === 'string') {
    add(turns, 'user', input);
  } else {
    listOf(input).forEach(item => (isJson(item) ? addMessage(turns, item) : add(turns, 'text', item)));
  }
  add(turns, 'query', body['query']);
  listOf(body['documents']).forEach((document, index) => add(turns, `document ${index + 1}`, document));
  for (const tool of listOf(body['tools'])) {
    turns.push({ role: 'tool offered', text: toolWords(tool), kind: 'tool' });
  }
  return turns;
}

function answered(response: ISide | undefined): ITurn[] {
  const turns: ITurn[] = [];
  const body = response?.body;
  if (isJson(body)) {
    if (isJson(body['error'])) {
      return turns;
    }
    add(turns, 'assistant', body['content']);
    for (const choice of listOf(body['choices'])) {
      addMessage(turns, isJson(choice) ? choice['message'] : null);
    }
    listOf(body['output']).forEach(item => addMessage(turns, item));
    listOf(body['data']).forEach((item, index) => addVector(turns, item, index));
    listOf(body['results']).forEach(item => isJson(item) && 'relevance_score' in item && turns.push({ role: `document ${Number(item['index']) + 1}`, text: `relevance ${String(item['relevance_score'])}`, kind: 'numbers' }));
  }
  if (turns.length === 0 && response?.events?.length) {
    const text = response.events.map(event => deltaOf(event.data)).join('');
    if (text) {
      turns.push({ role: 'assistant', text, kind: 'text' });
    }
  }
  return turns;
}

function addMessage(turns: ITurn[], message: unknown): void {
  if (!isJson(message)) {
    return;
  }
  const role = String(message['role'] ?? message['type'] ?? 'message');
  add(turns, role, message['content']);
  for (const call of listOf(message['tool_calls'])) {
    const called = isJson(call) && isJson(call['function']) ? call['function'] : {};
    turns.push({ role: 'tool called', text: `${String(called['name'])}(${String(called['arguments'])})`, kind: 'tool' });
  }
  if (message['type'] === 'function_call') {
    turns.push({ role: 'tool called', text: `${String(message['name'])}(${String(message['arguments'])})`, kind: 'tool' });
  }
  if (message['type'] === 'function_call_output') {
    turns.push({ role: 'tool result', text: brief(message['output']), kind: 'tool' });
  }
}

function add(turns: ITurn[], role: string, content: unknown): void {
  if (typeof content === 'string') {
    turns.push({ role, text: content, kind: 'text' });
    return;
  }
  for (const block of listOf(content)) {
    if (isJson(block)) {
      addBlock(turns, role, block);
    }
  }
}

function addBlock(turns: ITurn[], role: string, block: Json): void {
  const source = isJson(block['source']) ? block['source'] : null;
  if (typeof block['text'] === 'string') {
    turns.push({ role, text: block['text'], kind: 'text' });
  } else if (block['type'] === 'tool_use') {
    turns.push({ role: 'tool called', text: `${String(block['name'])}(${brief(block['input'])})`, kind: 'tool' });
  } else if (block['type'] === 'tool_result') {
    turns.push({ role: 'tool result', text: typeof block['content'] === 'string' ? block['content'] : brief(block['content']), kind: 'tool' });
  } else if (block['type'] === 'image' && source?.['type'] === 'base64') {
    turns.push({ role, text: '', kind: 'picture', picture: { media: String(source['media_type']), base64: String(source['data']) } });
  } else if (block['type'] === 'image_url' || block['type'] === 'input_image') {
    addDataUrl(turns, role, block['image_url']);
  } else {
    turns.push({ role, text: brief(block), kind: 'text' });
  }
}

function addDataUrl(turns: ITurn[], role: string, value: unknown): void {
  const url = String(isJson(value) ? value['url'] : value);
  const match = /^data:([\w/+.-]+);base64,(.*)$/s.exec(url);
  turns.push(match ? { role, text: '', kind: 'picture', picture: { media: match[1]!, base64: match[2]! } } : { role, text: `picture at ${url}`, kind: 'text' });
}

function addVector(turns: ITurn[], item: unknown, index: number): void {
  if (!isJson(item) || !('embedding' in item)) {
    return;
  }
  const vector = numbersOf(item['embedding']);
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  const first = vector.slice(0, 8).map(value => value.toFixed(4)).join(', ');
  turns.push({ role: `vector ${index + 1}`, text: `${vector.length} numbers, length ${norm.toFixed(3)}: ${first}, \u2026`, kind: 'numbers' });
}

function numbersOf(embedding: unknown): number[] {
  if (typeof embedding !== 'string') {
    return listOf(embedding).map(Number);
  }
  const bytes = Uint8Array.from(atob(embedding), char => char.charCodeAt(0));
  return Array.from(new Float32Array(bytes.buffer, 0, Math.floor(bytes.length / 4)));
}

/** The text that one event of a stream adds. */
function deltaOf(data: string): string {
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch {
    return ''; // `[DONE]`, or a damaged event: the Stream tab shows it
  }
  if (!isJson(event)) {
    return '';
  }
  if (event['type'] === 'response.output_text.delta') {
    return String(event['delta'] ?? '');
  }
  const delta = isJson(event['delta']) ? event['delta'] : null;
  if (delta) {
    return String(delta['text'] ?? delta['partial_json'] ?? '');
  }
  const choice = listOf(event['choices'])[0];
  return isJson(choice) && isJson(choice['delta']) ? String(choice['delta']['content'] ?? '') : '';
}

function toolWords(tool: unknown): string {
  const shape = isJson(tool) && isJson(tool['function']) ? tool['function'] : isJson(tool) ? tool : {};
  return `${String(shape['name'] ?? shape['type'] ?? '?')}: ${String(shape['description'] ?? '')}\n${brief(shape['input_schema'] ?? shape['parameters'] ?? {})}`;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function brief(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value) ?? '';
}
