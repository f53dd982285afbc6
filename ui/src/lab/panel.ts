/** The Course panel: what should I do next? */

import type { IDocumentManager } from '@jupyterlab/docmanager';
import { Poll } from '@lumino/polling';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { note } from '../shared/badge';
import { fill, h, say } from '../shared/dom';
import { Refused, type Api } from './api';
import type { Action, ILab, IPanel } from './data';
import { saved } from './saving';
import { validation } from './validation';
import { nameOf, view, type IViewState } from './view';
import { actionsFor, news } from './words';

const EVERY_MS = 15_000;
const AT_MOST_MS = 300_000;

export class CoursePanel extends Widget {
  private panel: IPanel | null = null;
  private readonly body = h('div', { class: 'jp-coreskills-panel-body' });
  private readonly voice = h('div', { role: 'status', class: 'jp-coreskills-unheard' });
  private readonly state: IViewState = { openModules: new Set(), openLab: null, running: null, outcomes: new Map() };
  private readonly poll: Poll<void>;

  constructor(
    private readonly api: Api,
    private readonly documents: IDocumentManager,
    private readonly goToCell: (path: string, cellId: string) => void,
  ) {
    super({ node: h('div', { role: 'region', 'aria-label': 'Course' }) });
    this.id = 'coreskills-course';
    this.addClass('jp-coreskills');
    this.addClass('jp-coreskills-panel');
    this.node.append(this.body, this.voice);
    fill(this.body, h('p', { class: 'jp-coreskills-small' }, 'Asking the classroom what is next\u2026'));
    this.poll = new Poll({
      auto: false,
      name: 'coreskills:panel',
      factory: () => this.load(),
      frequency: { interval: EVERY_MS, backoff: true, max: AT_MOST_MS },
      standby: () => !this.isVisible || document.hidden,
    });
  }

  override dispose(): void {
    this.poll.dispose();
    super.dispose();
  }

  /** Do the one thing that the card offers. */
  continue(): void {
    const next = this.next();
    const lab = next && this.find(next.lab_id);
    if (next && lab) {
      void this.act(lab, next.action);
    }
  }

  /** What the service advises; what is open already need not be opened. */
  private next(): IPanel['next'] {
    const next = this.panel?.next;
    const path = next?.action === 'open' ? this.find(next.lab_id)?.path : null;
    return next && path && this.documents.findWidget(path) ? { ...next, action: 'validate' } : next;
  }

  /** The lab whose notebook lies at this path, if there is one with which this can be done. */
  labAt(path: string, action: Action): ILab | undefined {
    return this.labs().find(lab => lab.path === path && actionsFor(lab, this.panel?.has_classroom).includes(action));
  }

  /** Do something with a lab, and say what came of it. */
  async act(lab: ILab, action: Action): Promise<void> {
    if (this.state.running) {
      return;
    }
    if (this.panel?.service.state === 'away' && (action === 'submit' || action === 'fetch')) {
      this.outcome(lab, note('warn', `${action === 'submit' ? 'Not submitted' : 'Not fetched'}: the course service is away. Your work is safe here; try again when it is back.`));
      return;
    }
    this.state.running = { lab: lab.id, action };
    this.state.outcomes.delete(lab.id);
    this.draw();
    try {
      const outcome = await this.perform(lab, action);
      if (outcome) {
        this.state.outcomes.set(lab.id, outcome);
        say(this.voice, outcome.textContent ?? '');
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.state.outcomes.set(lab.id, note('bad', `${action === 'submit' ? 'Not submitted. ' : ''}${why}`));
      say(this.voice, `${nameOf(lab)}: ${action} failed. ${why}`);
    } finally {
      this.state.running = null;
      this.draw();
      void this.poll.refresh();
    }
  }

  /** Another notebook is in front. */
  protected override onUpdateRequest(message: Message): void {
    super.onUpdateRequest(message);
    this.draw();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    void this.poll.start();
    void this.poll.refresh();
  }

  private async perform(lab: ILab, action: Action): Promise<HTMLElement | null> {
    switch (action) {
      case 'fetch': {
        await this.api.act(lab.id, 'fetch');
        this.documents.openOrReveal(`${lab.id}/${lab.id}.ipynb`);
        return note('good', `Fetched ${lab.id}.`);
      }
      case 'open':
        this.documents.openOrReveal(lab.path!);
        return null;
      case 'validate': {
        const before = await saved(this.documents, lab);
        return validation(await this.api.validate(lab.id), before, cellId => this.goToCell(lab.path!, cellId));
      }
      case 'submit': {
        const before = await saved(this.documents, lab);
        const { receipt } = await this.api.submit(lab.id);
        lab.receipt = { sha256: receipt.sha256, time_utc: receipt.received_utc ?? receipt.time_utc ?? new Date().toISOString() };
        return note('good', `${before}It is submitted. Hidden checks run now.`);
      }
      case 'feedback': {
        await this.api.act(lab.id, 'feedback');
        this.panel = await this.api.panel();
        const page = this.find(lab.id)?.local_feedback?.[0];
        if (!page) {
          throw new Refused('There is no feedback for this lab yet.', 404);
        }
        this.documents.openOrReveal(page);
        return null;
      }
    }
  }

  private async load(): Promise<void> {
    let found: IPanel;
    try {
      found = await this.api.panel();
    } catch (error) {
      const trouble = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
      const service = { state: 'away' as const, as_of_utc: this.panel?.service.as_of_utc ?? '', trouble };
      this.panel = { ...(this.panel ?? { modules: [] }), service };
      this.draw();
      throw error;
    }
    const heard = news(this.panel, found);
    const isOther = !this.panel?.modules.some(module => found.modules.some(each => each.id === module.id));
    if (isOther) {
      const current = found.modules.find(module => module.labs.some(lab => lab.id === found.next?.lab_id)) ?? found.modules[0];
      this.state.openModules = new Set(current ? [current.id] : []);
    }
    this.panel = found;
    if (heard) {
      say(this.voice, heard);
    }
    this.draw();
    if (found.service.state === 'away') {
      throw new Error(found.service.trouble); // the poll backs off
    }
  }

  private outcome(lab: ILab, words: HTMLElement): void {
    this.state.outcomes.set(lab.id, words);
    say(this.voice, words.textContent ?? '');
    this.draw();
  }

  private draw(): void {
    if (!this.panel) {
      return;
    }
    const had = focusKey(this.body);
    const top = this.node.scrollTop;
    fill(
      this.body,
      h('h2', { class: 'jp-coreskills-title' }, this.panel.course?.title ?? 'Course'),
      ...view({ ...this.panel, next: this.next() }, this.state, {
        act: (lab, action) => void this.act(lab, action),
        toggleModule: id => this.toggle(this.state.openModules, id),
        toggleLab: id => {
          this.state.openLab = this.state.openLab === id ? null : id;
          this.draw();
        },
        copy: text => void navigator.clipboard?.writeText(text),
      }),
    );
    this.node.scrollTop = top;
    if (had) {
      (this.body.querySelector<HTMLElement>(had) ?? this.body.querySelector<HTMLElement>('[data-primary]'))?.focus();
    }
  }

  private toggle(open: Set<string>, id: string): void {
    if (!open.delete(id)) {
      open.add(id);
    }
    this.draw();
  }

  private labs(): ILab[] {
    return this.panel?.modules.flatMap(module => module.labs) ?? [];
  }

  private find(id: string): ILab | undefined {
    return this.labs().find(lab => lab.id === id);
  }
}

/** How to find the focused button again after a redraw. */
function focusKey(within: HTMLElement): string | null {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || !within.contains(focused)) {
    return null;
  }
  const { module, lab, action, primary } = focused.dataset;
  if (module) {
    return `[data-module="${module}"]`;
  }
  if (!lab) {
    return null;
  }
  return action ? `[data-action="${action}"][data-lab="${lab}"]${primary === undefined ? ':not([data-primary])' : '[data-primary]'}` : `[data-lab="${lab}"]:not([data-action])`;
}
