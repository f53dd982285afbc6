/** RetrievalViewer's facts, as Python works them out. */

export type Side = 'a' | 'b';

export interface IHit {
  id: string;
  side: Side;
  rank: number;
  score: number | null;
  label: string;
  head: string;
  n_chars: number;
  marks: [number, number, string][];
  words: { word: string; count: number; in_chunks: number | null; of_chunks: number | null }[];
  unmatched: string[];
  change: 'up' | 'down' | 'same' | 'new' | null;
  other_rank: number | null;
  right: boolean | null;
  grade: number | null;
  same_as: number | null;
  tied: boolean;
  parts: Record<string, unknown>;
  meta: Record<string, string>;
}

export interface IRetriever {
  name: string;
  measure?: string;
  higher_is_better?: boolean;
  k?: number;
  searched_n?: number;
  hashed?: boolean;
}

export interface IMap {
  points: { id: string; x: number; y: number; doc: string }[];
  query: { x: number; y: number };
  method: string;
  kept?: [number, number];
}

export interface IFacts {
  query: string;
  retriever: IRetriever;
  other_retriever: IRetriever | null;
  other_error: string;
  verdict: string;
  missing: { id: string; label: string; rank: number | null; in_index: boolean }[];
  unmatched: Partial<Record<Side, string[]>>;
  warnings: { level: 'warn' | 'bad'; words: string }[];
  metrics: Partial<Record<Side, [string, number][]>>;
  n: Partial<Record<Side, number>>;
  first: IHit[];
  n_listed: number;
  has_documents: boolean;
  map: IMap | null;
  filter: string;
  latency_ms: number | null;
  cost_usd: string | null;
}

export interface IHitDetail {
  text: string;
  matched: [number, number, string][];
  page: { before: string; chunk: string; after: string; overlaps: { rank: number; chars: number }[] } | null;
  source: { doc?: string; title?: string; page?: number };
}
