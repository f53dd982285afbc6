/** A call as the gateway traces it. */

export interface IAttempt {
  id?: string | number | null;
  status: number | null;
  reason: string | null;
  waited_ms: number | null;
}

export interface IRow {
  id: string;
  time_utc: string;
  cell_id: string;
  cell_label: string;
  provider: string;
  endpoint: string;
  model: string;
  status: number;
  input_tokens: number;
  output_tokens: number;
  cost_usd: string | null;
  estimated: boolean;
  latency_ms: number | null;
  first_token_ms: number | null;
  source: string;
  error_type: string | null;
  is_miss: boolean;
  attempts: IAttempt[];
  ended: string;
}

export interface ISide {
  headers?: Record<string, string>;
  body?: unknown;
  events?: { at_ms: number | null; data: string }[];
}

export interface ITrace extends Partial<IRow> {
  id: string;
  method?: string;
  url?: string;
  request?: ISide;
  response?: ISide;
  model_asked?: string;
  model_answered?: string | null;
  cassette?: { file: string; index: number | null; tier: string } | null;
  miss?: IMiss | null;
  notes?: { differences?: string[] };
  error?: { type?: string | null; message?: string | null; hint?: string | null } | null;
}

/** A field that stood in the way; both values missing: they may not be shown, or have no short form. */
export interface IChange {
  field: string;
  before?: string | null;
  after?: string | null;
}

export interface IMiss {
  message?: string;
  nearest?: { file: string; index: number; cell?: string | null } | null;
  changes?: IChange[];
  ignored?: string[];
}

export type Json = Record<string, unknown>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
