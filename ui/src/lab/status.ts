/** The status bar's meter: how much is left for this notebook? */

import type { NotebookPanel } from '@jupyterlab/notebook';
import { showPopup, type Popup } from '@jupyterlab/statusbar';
import { Poll } from '@lumino/polling';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { badges } from '../shared/badge';
import { amountWords, chargeWords, crossed, judge, type Level } from '../cost/spend';
import { below } from '../cost/meter';
import { button, h, say } from '../shared/dom';
import { badgeWords, clock, count, plural } from '../shared/format';
import type { Api, IStatus } from './api';

const EVERY_MS = 20_000;
const AT_MOST_MS = 300_000;
const QUIET_MS = 10_000;
const WHILE_BUSY_MS = 2500;

export class SpendStatus extends Widget {
  readonly stateChanged = new Signal<this, void>(this);
  private readonly button = h('button', { type: 'button', class: 'jp-coreskills-status', 'aria-haspopup': 'dialog' });
  private readonly voice = h('span', { class: 'jp-coreskills-unheard', role: 'status' });
  private readonly alarm = h('span', { class: 'jp-coreskills-unheard', role: 'alert' });
  private readonly poll: Poll<void>;
  private notebook: NotebookPanel | null = null;
  private known: IStatus | null = null;
  private asOf = '';
  private isAway = false;
  private level: Level = 'plain';
  private readonly done = button('Close', () => this.closePopup());
  private readonly card = h('div', { role: 'dialog' }, this.done);
  private popup: Popup | null = null;
  private spokenAt = 0;
  private busy: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly api: Api) {
    super();
    this.addClass('jp-coreskills-status-item');
    this.node.append(this.button, this.voice, this.alarm);
    this.button.addEventListener('click', () => this.open());
    this.card.addEventListener('keydown', event => {
      if (event.key === 'Escape') {
        this.closePopup();
        event.stopPropagation();
      }
    });
    this.poll = new Poll({
      name: 'coreskills:spend',
      factory: () => this.load(),
      frequency: { interval: EVERY_MS, backoff: true, max: AT_MOST_MS },
      standby: () => !this.notebook || document.hidden,
    });
  }

  override dispose(): void {
    this.rest();
    this.poll.dispose();
    super.dispose();
  }

  /** Another notebook is in front, or none. */
  follow(notebook: NotebookPanel | null): void {
    if (this.notebook !== notebook) {
      this.notebook?.sessionContext.statusChanged.disconnect(this.onKernelStatus, this);
      this.notebook = notebook;
      this.notebook?.sessionContext.statusChanged.connect(this.onKernelStatus, this);
      this.rest();
      this.forget();
      void this.poll.refresh();
    }
  }

  /** A cell has ended. */
  refresh(): void {
    void this.poll.refresh();
  }

  /** A cell that runs for long is followed while it runs. */
  private onKernelStatus(_: unknown, status: string): void {
    if (status !== 'busy') {
      this.rest();
    } else if (this.busy === null) {
      this.busy = setInterval(() => document.hidden || this.refresh(), WHILE_BUSY_MS);
    }
  }

  private rest(): void {
    if (this.busy !== null) {
      clearInterval(this.busy);
      this.busy = null;
    }
  }

  get isShown(): boolean {
    return this.known !== null;
  }

  private forget(): void {
    this.known = null;
    this.popup?.dispose();
    this.level = 'plain';
    this.isAway = false;
    this.stateChanged.emit();
  }

  private async load(): Promise<void> {
    const kernel = this.notebook?.sessionContext.session?.kernel?.id;
    if (!kernel) {
      this.forget();
      return;
    }
    try {
      const found = await this.api.spend(kernel);
      if (found.is_metered === false) {
        this.forget();
      } else if (kernel === this.notebook?.sessionContext.session?.kernel?.id) {
        this.take(found);
      }
    } catch (error) {
      if ((error as { status?: number }).status === 404) {
        this.forget();
        return;
      }
      this.isAway = true;
      this.draw();
      throw error; // the poll backs off
    }
  }

  private take(found: IStatus): void {
    const isFirst = this.known === null;
    const changed = this.known?.n_calls !== found.n_calls;
    this.known = { ...found, n_unpriced: found.n_unpriced ?? 0, n_estimated: found.n_estimated ?? 0, sources: found.sources ?? {} };
    this.asOf = found.as_of_utc ?? new Date().toISOString();
    this.isAway = false;
    const verdict = judge(this.known);
    if (!isFirst && changed) {
      this.speak(verdict.spoken, verdict.left, verdict.level);
    }
    this.level = verdict.level;
    this.draw();
    this.stateChanged.emit();
  }

  /** One voice for all faces, at most once in ten seconds; only a spent budget interrupts. */
  private speak(spoken: string, left: string, level: Level): void {
    const now = Date.now();
    if (crossed(this.level, level) && level === 'bad') {
      say(this.alarm, `Budget spent. ${left}`);
    } else if (now - this.spokenAt >= QUIET_MS) {
      say(this.voice, crossed(this.level, level) ? `${spoken}. ${left}` : spoken);
      this.spokenAt = now;
    }
  }

  private draw(): void {
    if (!this.known) {
      return;
    }
    const verdict = judge(this.known);
    const parts: string[] = [];
    if (this.isAway) {
      parts.push(`cost: as of ${clock(this.asOf)}`);
    } else if (verdict.level === 'bad') {
      parts.push('\u2715 budget spent');
    } else if (verdict.level === 'warn') {
      parts.push(`! ${verdict.left.split(',')[0]}`);
    }
    this.button.replaceChildren(
      ...parts.map(part => h('strong', {}, part)),
      h('span', {}, amountWords(this.known)),
      h('span', { class: 'jp-coreskills-status-total' }, verdict.percent === null ? '' : `/ ${verdict.budget} \u00b7 ${verdict.percent} %`),
      h('span', {}, badgeWords(this.known.sources) || (this.known.backend ?? '')),
    );
    this.button.dataset['level'] = verdict.level;
    this.button.title = `$${this.known.spent_usd} exactly; click for more`;
    this.drawCard(this.known);
    this.button.setAttribute('aria-label', `Cost of this lab: ${verdict.spoken}${this.isAway ? `, as of ${clock(this.asOf)}` : ''}`);
  }

  private open(): void {
    if (!this.known) {
      return;
    }
    this.popup?.dispose();
    this.drawCard(this.known);
    const body = new Widget({ node: this.card });
    body.addClass('jp-coreskills');
    body.addClass('jp-coreskills-popup');
    this.popup = showPopup({ body, anchor: this, align: 'right', startHidden: false });
    this.done.focus();
  }

  private closePopup(): void {
    this.popup?.dispose();
    this.popup = null;
    this.button.focus();
  }

  /** What the card says now; its button stays where it is, and keeps the focus. */
  private drawCard(known: IStatus): void {
    const verdict = judge(known);
    while (this.done.previousSibling) {
      this.done.previousSibling.remove();
    }
    this.card.setAttribute('aria-label', `Cost of ${known.lab}`);
    const lines = h(
      'div',
      {},
      h('h3', {}, known.lab),
      h('p', { class: 'jp-coreskills-amount' }, verdict.amount),
      h('p', {}, verdict.budget ? `of ${verdict.budget}` : 'no budget', verdict.percent !== null && `, ${verdict.percent} %`, verdict.state && `, ${verdict.state}`),
      below(verdict),
      h('p', {}, `${count(known.n_calls)} ${plural(known.n_calls, 'call')}`),
      h('div', { class: 'jp-coreskills-row' }, ...badges(known.sources), chargeWords(known.sources) && h('span', { class: 'jp-coreskills-small' }, chargeWords(known.sources))),
      this.isAway && h('p', { class: 'jp-coreskills-small' }, `As of ${clock(this.asOf)}, trying again.`),
      h('p', { class: 'jp-coreskills-small' }, 'For cost by cell and model, run CostMeter() in a cell.'),
    );
    this.done.before(...lines.childNodes);
  }
}
