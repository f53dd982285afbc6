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

/** The long list of a widget: asked for when it is looked at, and again only for what is new. */
export class Rows<F, R> {
  rows: R[] = [];
  private revision = 0;
  private isWanted = false;
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
    this.model.send({ kind: 'rows', from: this.rows.length });
  }

  /** The facts changed: rows may have been added, and the last ones may have grown another try. */
  refresh(revision: number): void {
    if (revision !== this.revision) {
      this.rows = [];
      this.revision = revision;
    }
    if (this.isWanted) {
      this.model.send({ kind: 'rows', from: Math.max(0, this.rows.length - UNSETTLED) });
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
    this.rows = this.rows.slice(0, message.from).concat(message.rows);
    if (this.rows.length < message.total && message.rows.length > 0) {
      this.model.send({ kind: 'rows', from: this.rows.length });
    }
    this.changed();
  };
}
