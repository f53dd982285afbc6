/** Tabs with arrow keys; a panel is built when it is first asked for. */
import { fill, h, uid } from './dom';
export function tabs(label, list, changed) {
    const id = uid('tabs');
    const panel = h('div', { role: 'tabpanel', id: `${id}-panel`, class: 'jp-coreskills-tabpanel' });
    const buttons = list.map((tab, index) => {
        const made = h('button', { type: 'button', role: 'tab', class: 'jp-coreskills-button', id: `${id}-${index}`, 'aria-controls': `${id}-panel` }, tab.name);
        made.addEventListener('click', () => {
            isBuilt = true;
            select(index);
        });
        return made;
    });
    const bar = h('div', { role: 'tablist', 'aria-label': label, class: 'jp-coreskills-tabs' }, ...buttons);
    let at = 0;
    let isBuilt = false;
    function select(index) {
        at = (index + list.length) % list.length;
        buttons.forEach((made, other) => {
            made.setAttribute('aria-selected', String(other === at));
            made.tabIndex = other === at ? 0 : -1;
        });
        panel.setAttribute('aria-labelledby', `${id}-${at}`);
        if (isBuilt) {
            put(list[at].build());
        }
        changed?.(list[at].name);
    }
    /** A node that is already there stays: moving it would lose its scroll place and focus. */
    function put(node) {
        isBuilt = true;
        if (panel.firstChild !== node || panel.childNodes.length > 1) {
            fill(panel, node);
        }
    }
    bar.addEventListener('keydown', event => {
        const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: list.length - 1 }[event.key];
        if (to !== undefined) {
            select(to);
            buttons[at].focus();
            event.preventDefault();
            event.stopPropagation();
        }
    });
    select(0);
    return {
        bar,
        panel,
        current: () => list[at].name,
        show: name => {
            select(Math.max(0, list.findIndex(tab => tab.name === name)));
            put(list[at].build());
        },
        redraw: () => put(list[at].build()),
    };
}
