/** The Course panel's data, as the server extension gives it. */

export type LabState = 'to_come' | 'new' | 'fetched' | 'in_progress' | 'submitted' | 'grading' | 'passed' | 'not_yet' | 'late' | 'waits' | 'feedback';

export type Action = 'fetch' | 'open' | 'validate' | 'submit' | 'feedback';

export interface IReceipt {
  sha256: string;
  time_utc: string;
}

export interface ILab {
  id: string;
  number?: string;
  title: string;
  minutes?: number;
  due_utc?: string | null;
  state: LabState;
  score?: number | null;
  max?: number | null;
  passed?: boolean | null;
  is_late?: boolean;
  checks_ok?: number | null;
  checks_n?: number | null;
  attempts_left?: number | null;
  queue_place?: number | null;
  receipt?: IReceipt | null;
  feedback_new?: boolean;
  /** The service's own words about the grading. */
  grading_note?: string | null;
  spent_usd?: string | null;
  budget_usd?: string | null;
  path?: string | null;
  local_feedback?: string[];
}

export interface IModule {
  id: string;
  title: string;
  passed?: number;
  total?: number;
  labs: ILab[];
}

export interface IPanel {
  course?: { id: string; title: string };
  /** False on one's own computer: nobody takes labs in or gives scores. */
  has_classroom?: boolean;
  next?: { lab_id: string; action: Action; reason: string } | null | undefined;
  modules: IModule[];
  badge?: { modules_done: number; modules_total: number; capstone?: string | boolean | null; earned?: boolean } | null;
  service: { state: 'ok' | 'away'; as_of_utc: string; trouble: string };
}

export interface IValidation {
  checks_ok: number;
  checks_n: number;
  failed: { title: string; cell_id: string; message: string }[];
  changed: string[];
  trouble: string;
}
