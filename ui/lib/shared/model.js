/** The part of anywidget's model that we use, and the rows that travel beside it as messages. */
/** The long list of a widget: asked for when it is looked at, and again only for what is new. */
export class Rows {
    model;
    changed;
    rows = [];
    isWanted = false;
    waiting = new Map();
    constructor(model, changed) {
        this.model = model;
        this.changed = changed;
        model.on('msg:custom', this.receive);
    }
    /** Ask for all rows, from now on. */
    want() {
        this.isWanted = true;
        this.model.send({ kind: 'rows', from: this.rows.length });
    }
    /** The facts changed: rows may have been added, or replaced. */
    refresh(total) {
        if (total < this.rows.length) {
            this.rows = [];
        }
        if (this.isWanted) {
            this.model.send({ kind: 'rows', from: this.rows.length });
        }
    }
    /** One row's detail; `null` when there is none, or nobody answers in five seconds. */
    detail(id) {
        return new Promise(resolve => {
            this.waiting.set(id, resolve);
            setTimeout(() => this.settle(id, null), 5000);
            this.model.send({ kind: 'detail', id });
        });
    }
    close() {
        this.model.off('msg:custom', this.receive);
        this.waiting.clear();
    }
    settle(id, detail) {
        this.waiting.get(id)?.(detail);
        this.waiting.delete(id);
    }
    receive = (message) => {
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
