/** A scrolling list that draws only the rows in view, with one Tab stop and arrow keys. */

import { keepKeys } from './dom';

export interface IVirtualOptions {
  /** The element that scrolls and takes the keys. */
  scroller: HTMLElement;
  /** The element that holds the rows. */
  body: HTMLElement;
  /** All rows have this height. */
  rowHeight: number;
  /** What stays at the top of the scroller. */
  headHeight?: number;
  draw(index: number, id: string): HTMLElement;
  open?(index: number): void;
  /** The active row changed, by key or click. */
  moved?(index: number): void;
  /** Keys this list does not know; return true when one was used. */
  otherKey?(event: KeyboardEvent, index: number): boolean;
}

export class VirtualList {
  active = 0;
  private length = 0;
  private drawn = new Map<number, HTMLElement>();
  private readonly resized: ResizeObserver;

  constructor(
    private readonly options: IVirtualOptions,
    private readonly id: string,
  ) {
    const { scroller, body } = options;
    body.style.position = 'relative';
    scroller.tabIndex = 0;
    keepKeys(scroller);
    scroller.addEventListener('scroll', this.paint, { passive: true });
    scroller.addEventListener('keydown', this.onKey);
    body.addEventListener('click', this.onClick);
    this.resized = new ResizeObserver(this.paint);
    this.resized.observe(scroller);
  }

  /** New content: everything in view is drawn again. */
  reset(length: number): void {
    this.length = length;
    this.active = Math.max(0, Math.min(this.active, length - 1));
    this.options.body.style.height = `${length * this.options.rowHeight}px`;
    this.drawn.forEach(row => row.remove());
    this.drawn.clear();
    this.paint();
  }

  moveTo(index: number): void {
    if (this.length === 0) {
      return;
    }
    const before = this.active;
    this.active = Math.max(0, Math.min(index, this.length - 1));
    this.reveal();
    this.mark(before);
    this.options.moved?.(this.active);
  }

  close(): void {
    this.resized.disconnect();
  }

  private reveal(): void {
    const { scroller, rowHeight, headHeight = 0 } = this.options;
    const top = this.active * rowHeight;
    const view = scroller.clientHeight - headHeight;
    if (top < scroller.scrollTop) {
      scroller.scrollTop = top;
    } else if (top + rowHeight > scroller.scrollTop + view) {
      scroller.scrollTop = top + rowHeight - view;
    }
    this.paint();
  }

  private mark(before: number): void {
    this.drawn.get(before)?.setAttribute('aria-selected', 'false');
    this.drawn.get(this.active)?.setAttribute('aria-selected', 'true');
    this.options.scroller.setAttribute('aria-activedescendant', this.rowId(this.active));
  }

  private readonly paint = (): void => {
    const { scroller, body, rowHeight, draw } = this.options;
    const first = Math.max(0, Math.floor(scroller.scrollTop / rowHeight) - 4);
    const last = Math.min(this.length, Math.ceil((scroller.scrollTop + (scroller.clientHeight || 400)) / rowHeight) + 4);
    for (const [index, row] of this.drawn) {
      if (index < first || index >= last) {
        row.remove();
        this.drawn.delete(index);
      }
    }
    const fresh = document.createDocumentFragment();
    for (let index = first; index < last; index += 1) {
      if (!this.drawn.has(index)) {
        const row = draw(index, this.rowId(index));
        row.style.cssText += `;position:absolute;top:${index * rowHeight}px;height:${rowHeight}px`;
        row.setAttribute('aria-selected', String(index === this.active));
        row.dataset['index'] = String(index);
        this.drawn.set(index, row);
        fresh.append(row);
      }
    }
    body.append(fresh);
    scroller.setAttribute('aria-activedescendant', this.length > 0 ? this.rowId(this.active) : '');
  };

  private readonly onClick = (event: MouseEvent): void => {
    const row = (event.target as Element).closest<HTMLElement>('[data-index]');
    if (row) {
      this.moveTo(Number(row.dataset['index']));
      this.options.open?.(this.active);
    }
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.target !== this.options.scroller) {
      return;
    }
    const page = Math.max(1, Math.floor(this.options.scroller.clientHeight / this.options.rowHeight) - 1);
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.length, End: this.length };
    const step = steps[event.key];
    if (step !== undefined) {
      this.moveTo(this.active + step);
    } else if (event.key === 'Enter' && this.length > 0) {
      this.options.open?.(this.active);
    } else if (!this.options.otherKey?.(event, this.active)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  private rowId(index: number): string {
    return `${this.id}-row-${index}`;
  }
}
