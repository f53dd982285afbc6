/** The Course panel: what should I do next? */
import { Poll } from '@lumino/polling';
import { Widget } from '@lumino/widgets';
import { note } from '../shared/badge';
import { fill, h, say } from '../shared/dom';
import { clock } from '../shared/format';
import { Refused } from './api';
import { nameOf, view } from './view';
import { news, validationWords } from './words';
const EVERY_MS = 15_000;
const AT_MOST_MS = 300_000;
export class CoursePanel extends Widget {
    api;
    documents;
    goToCell;
    panel = null;
    body = h('div', { class: 'jp-coreskills-panel-body' });
    voice = h('div', { role: 'status', class: 'jp-coreskills-unheard' });
    state = { openModules: new Set(), openLab: null, running: null, outcomes: new Map() };
    poll;
    constructor(api, documents, goToCell) {
        super({ node: h('div', { role: 'region', 'aria-label': 'Course' }) });
        this.api = api;
        this.documents = documents;
        this.goToCell = goToCell;
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
    dispose() {
        this.poll.dispose();
        super.dispose();
    }
    /** Do the one thing that the card offers. */
    continue() {
        const next = this.panel?.next;
        const lab = next && this.find(next.lab_id);
        if (next && lab) {
            void this.act(lab, next.action);
        }
    }
    /** The lab whose notebook lies at this path, if any. */
    labAt(path) {
        return this.labs().find(lab => lab.path === path);
    }
    /** Do something with a lab, and say what came of it. */
    async act(lab, action) {
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
        }
        catch (error) {
            const why = error instanceof Error ? error.message : String(error);
            this.state.outcomes.set(lab.id, note('bad', `${action === 'submit' ? 'Not submitted. ' : ''}${why}`));
            say(this.voice, `${nameOf(lab)}: ${action} failed. ${why}`);
        }
        finally {
            this.state.running = null;
            this.draw();
            void this.poll.refresh();
        }
    }
    onAfterShow(message) {
        super.onAfterShow(message);
        void this.poll.start();
        void this.poll.refresh();
    }
    async perform(lab, action) {
        switch (action) {
            case 'fetch': {
                await this.api.act(lab.id, 'fetch');
                this.documents.openOrReveal(`${lab.id}/${lab.id}.ipynb`);
                return note('good', `Fetched ${lab.id}.`);
            }
            case 'open':
                this.documents.openOrReveal(lab.path);
                return null;
            case 'validate': {
                const saved = await this.save(lab);
                return this.validation(lab, await this.api.validate(lab.id), saved);
            }
            case 'submit': {
                const saved = await this.save(lab);
                const { receipt } = await this.api.submit(lab.id);
                const when = clock(receipt.received_utc ?? receipt.time_utc ?? new Date().toISOString());
                return note('good', `${saved}Submitted ${when}, receipt ${receipt.sha256.slice(0, 6)}. Hidden checks run now.`);
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
    /** What is on the screen is what is sent: save first, and say so. */
    async save(lab) {
        const open = lab.path ? this.documents.findWidget(lab.path) : undefined;
        if (!open?.context.model.dirty) {
            return '';
        }
        await open.context.save();
        if (open.context.model.dirty) {
            throw new Refused(`${lab.id}.ipynb could not be saved, so nothing was sent. Save it yourself, then try again.`, 409);
        }
        return `Saved ${lab.id}.ipynb. `;
    }
    validation(lab, found, saved) {
        const isFine = found.failed.length === 0 && found.changed.length === 0 && !found.trouble;
        const open = (cellId) => this.goToCell(lab.path, cellId);
        return h('div', {}, note(isFine ? 'good' : 'warn', saved + validationWords(found)), found.trouble && note('bad', found.trouble), found.changed.length > 0 && note('warn', `These checks were edited here; grading uses the originals: ${found.changed.join(', ')}.`), found.failed.length > 0 &&
            h('ul', { class: 'jp-coreskills-failed' }, ...found.failed.map(check => {
                const link = h('button', { type: 'button', class: 'jp-coreskills-link' }, check.title);
                link.addEventListener('click', () => open(check.cell_id));
                return h('li', {}, link, h('p', { class: 'jp-coreskills-small' }, check.message));
            })));
    }
    async load() {
        let found;
        try {
            found = await this.api.panel();
        }
        catch (error) {
            const trouble = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
            const service = { state: 'away', as_of_utc: this.panel?.service.as_of_utc ?? '', trouble };
            this.panel = { ...(this.panel ?? { modules: [] }), service };
            this.draw();
            throw error;
        }
        const heard = news(this.panel, found);
        if (this.panel === null) {
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
    outcome(lab, words) {
        this.state.outcomes.set(lab.id, words);
        say(this.voice, words.textContent ?? '');
        this.draw();
    }
    draw() {
        if (!this.panel) {
            return;
        }
        const had = focusKey(this.body);
        const top = this.node.scrollTop;
        fill(this.body, h('h2', { class: 'jp-coreskills-title' }, this.panel.course?.title ?? 'Course'), ...view(this.panel, this.state, {
            act: (lab, action) => void this.act(lab, action),
            toggleModule: id => this.toggle(this.state.openModules, id),
            toggleLab: id => {
                this.state.openLab = this.state.openLab === id ? null : id;
                this.draw();
            },
            copy: text => void navigator.clipboard?.writeText(text),
        }));
        this.node.scrollTop = top;
        if (had) {
            (this.body.querySelector(had) ?? this.body.querySelector('[data-primary]'))?.focus();
        }
    }
    toggle(open, id) {
        if (!open.delete(id)) {
            open.add(id);
        }
        this.draw();
    }
    labs() {
        return this.panel?.modules.flatMap(module => module.labs) ?? [];
    }
    find(id) {
        return this.labs().find(lab => lab.id === id);
    }
}
/** How to find the focused button again after a redraw. */
function focusKey(within) {
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
