/** The same call, to paste into a shell or a cell. The key stays a variable. */

import { isJson, type ITrace } from './data';

export function asCurl(trace: ITrace): string {
  const variable = trace.provider === 'openai' ? 'OPENAI' : 'ANTHROPIC';
  const path = (trace.url ?? '').replace(/^https?:\/\/[^/]+/, '').replace(/^\/v1/, variable === 'OPENAI' ? '' : '/v1');
  const lines = [`curl "$${variable}_BASE_URL${path}"`, `-H "Authorization: Bearer $${variable}_API_KEY"`, `-H 'content-type: application/json'`];
  const version = trace.request?.headers?.['anthropic-version'];
  if (version) {
    lines.push(`-H 'anthropic-version: ${version}'`);
  }
  if (trace.request?.body !== undefined && trace.request.body !== null && trace.request.body !== '') {
    lines.push(`-d '${JSON.stringify(trace.request.body).replace(/'/g, `'\\''`)}'`);
  }
  return lines.join(' \\\n  ');
}

const METHODS: Record<string, string> = {
  messages: 'messages.create',
  'messages/count_tokens': 'messages.count_tokens',
  'chat/completions': 'chat.completions.create',
  responses: 'responses.create',
  embeddings: 'embeddings.create',
};

export function asPython(trace: ITrace): string {
  const client = trace.provider === 'openai' ? 'OpenAI' : 'Anthropic';
  const method = METHODS[trace.endpoint ?? ''] ?? 'messages.create';
  const body = isJson(trace.request?.body) ? trace.request.body : {};
  const options = Object.entries(body).map(([name, value]) => `    ${name}=${literal(value, 1)},`);
  return [`from ${client.toLowerCase()} import ${client}`, '', `client = ${client}()`, `client.${method}(`, ...options, ')'].join('\n');
}

/** JSON as a Python literal. */
function literal(value: unknown, depth: number): string {
  if (value === null || value === undefined) {
    return 'None';
  }
  if (typeof value === 'boolean') {
    return value ? 'True' : 'False';
  }
  const [inner, outer] = ['    '.repeat(depth + 1), '    '.repeat(depth)];
  if (Array.isArray(value)) {
    return value.length === 0 ? '[]' : `[\n${value.map(item => `${inner}${literal(item, depth + 1)},\n`).join('')}${outer}]`;
  }
  if (isJson(value)) {
    const entries = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${literal(item, depth + 1)}`);
    return `{${entries.join(', ')}}`;
  }
  return JSON.stringify(value);
}
