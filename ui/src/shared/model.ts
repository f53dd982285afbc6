/** The part of anywidget's model that we use, and the rows that travel beside it as messages. */

export interface IModel<F> {
  get(name: 'facts'): F;
  on(name: string, callback: (...args: never[]) => void): void;
  off(name: string, callback: (...args: never[]) => void): void;
  send(content: unknown): void;
}

export interface IRendering<F> {
  model: IModel<F>;
  el: HTMLElement;
}

interface IRowsMessage<R> {
  kind: 'rows';
  from: number;
  rows: R[];
  total: number;
}

interface IDetailMessage {
  kind: 'detail';
  id: string;
  detail: unknown;
}

const UNSETTLED = 50;
const ASK_AGAIN_MS = 10_000;

/** The long list of a widget: asked for when it is looked at, and again only for what is new. */
export class Rows<F, R> {
  rows: R[] = [];
  private revision = 0;
  private isWanted = false;
  private askedAt = -Infinity;
  private readonly waiting = new Map<string, (detail: unknown) => void>();

  constructor(
    private readonly model: IModel<F>,
    private readonly changed: () => void,
  ) {
    model.on('msg:custom', this.receive);
  }

  /** Ask for all rows, from now on. */
  want(): void {
    this.isWanted = true;
    this.ask(this.rows.length);
  }

  /** The facts changed: rows may have been added, and the last ones may have grown another try. */
  refresh(revision: number): void {
    if (revision !== this.revision) {
      this.rows = [];
      this.revision = revision;
    }
    if (this.isWanted) {
      this.ask(Math.max(0, this.rows.length - UNSETTLED));
    }
  }

  /** A kernel that runs a cell answers when the cell is done: one question waits, not one for each change. */
  private ask(from: number): void {
    const now = performance.now();
    if (now - this.askedAt > ASK_AGAIN_MS) {
      this.askedAt = now;
      this.model.send({ kind: 'rows', from });
    }
  }

  /** One row's detail; `null` when there is none, or nobody answers in five seconds. */
  detail(id: string): Promise<unknown> {
    return new Promise(resolve => {
      this.waiting.set(id, resolve);
      setTimeout(() => this.settle(id, null), 5000);
      this.model.send({ kind: 'detail', id });
    });
  }

  close(): void {
    this.model.off('msg:custom', this.receive);
    this.waiting.clear();
  }

  private settle(id: string, detail: unknown): void {
    this.waiting.get(id)?.(detail);
    this.waiting.delete(id);
  }

  private readonly receive = (message: IRowsMessage<R> | IDetailMessage): void => {
    if (message.kind === 'detail') {
      this.settle(message.id, message.detail);
      return;
    }
    if (message.kind !== 'rows' || message.from > this.rows.length) {
      return;
    }
    this.askedAt = -Infinity;
    this.rows = this.rows.slice(0, message.from).concat(message.rows);
    if (this.rows.length < message.total && message.rows.length > 0) {
      this.ask(this.rows.length);
    }
    this.changed();
  };
}

interface IListed {
  id: string;
  attempts?: readonly { id?: string | number | null }[];
}

/** The rows that came, and behind them the newest ones, which travel with the facts even while a cell runs. */
export function withRecent<R extends IListed>(rows: readonly R[], recent: readonly R[], total: number): readonly R[] {
  if (rows.length === 0 || rows.length >= total) {
    return rows.length === 0 ? recent : rows;
  }
  const newer = new Set(recent.flatMap(row => [row.id, ...(row.attempts ?? []).map(attempt => String(attempt.id))]));
  return [...rows.filter(row => !newer.has(row.id)), ...recent];
}
