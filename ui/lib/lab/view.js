/** The Course panel's drawing: plain headings, lists and buttons. */
import { note } from '../shared/badge';
import { button, h } from '../shared/dom';
import { clock, date } from '../shared/format';
import { actionsFor, attemptsWords, badgeWords, dueWords, LABELS, leftWords, passingWords, RUNNING, spendWords, stateOf } from './words';
export function view(panel, state, actions) {
    const labs = panel.modules.flatMap(module => module.labs);
    const next = labs.find(lab => lab.id === panel.next?.lab_id);
    const parts = [
        panel.service.state === 'away' && away(panel),
        card(panel, next, state, actions),
        progress(panel),
        h('div', {}, ...panel.modules.map(module => moduleOf(module, panel, state, actions))),
    ];
    return parts.filter((part) => part instanceof HTMLElement);
}
function away(panel) {
    const when = panel.service.as_of_utc ? `As of ${clock(panel.service.as_of_utc)}: ` : '';
    return note('warn', `${when}${panel.service.trouble}. Trying again. Open and Validate work; Submit has to wait.`);
}
function card(panel, lab, state, actions) {
    if (!lab) {
        const words = panel.modules.length === 0 ? 'The labs of your course show here once the classroom answers.' : badgeWords(panel) || 'Nothing to do now.';
        return h('section', { class: 'jp-coreskills-card jp-coreskills-next', 'aria-label': 'Continue' }, h('p', {}, words));
    }
    const action = panel.next.action;
    const isNew = lab.state === 'new' && panel.modules.every(module => module.passed === 0);
    return h('section', { class: 'jp-coreskills-card jp-coreskills-next', 'aria-label': 'Continue' }, h('p', { class: 'jp-coreskills-small' }, isNew ? 'Start with' : 'Continue'), h('h3', {}, nameOf(lab)), leftWords(lab) ? h('p', {}, leftWords(lab)) : null, panel.next.reason && panel.next.reason !== leftWords(lab) ? h('p', {}, panel.next.reason) : null, due(lab), doButton(lab, action, state, actions, true, panel.service.state === 'away'), h('p', { class: 'jp-coreskills-small' }, explain(action, lab)), ...after(lab, state, actions));
}
function explain(action, lab) {
    switch (action) {
        case 'validate':
            return 'Validate runs the checks you can see, here.';
        case 'submit':
            return `Submit saves ${lab.id}.ipynb, then sends it; hidden checks run after.`;
        case 'fetch':
            return 'Fetch copies the lab into your files. Nothing of yours is overwritten.';
        default:
            return '';
    }
}
function doButton(lab, action, state, actions, isPrimary, isAway) {
    const isRunning = state.running?.lab === lab.id && state.running.action === action;
    const blocked = isAway && (action === 'submit' || action === 'fetch');
    const made = button(isRunning ? RUNNING[action] : LABELS[action], () => actions.act(lab, action), {
        class: `jp-coreskills-button${isPrimary ? ' jp-coreskills-primary' : ''}`,
        'aria-disabled': state.running || blocked ? 'true' : null,
        'data-action': action,
        'data-lab': lab.id,
        'data-primary': isPrimary,
        title: blocked ? 'The course service is away' : null,
        'aria-label': isRunning ? null : `${LABELS[action]} ${nameOf(lab)}`,
    });
    return made;
}
function after(lab, state, actions) {
    const receipt = lab.receipt;
    return [
        state.outcomes.get(lab.id),
        receipt && h('p', { class: 'jp-coreskills-small' }, `Submitted ${clock(receipt.time_utc)}, receipt ${receipt.sha256.slice(0, 6)} `, button('copy', () => actions.copy(receipt.sha256), { class: 'jp-coreskills-link', 'aria-label': `Copy the receipt of ${nameOf(lab)}` })),
    ];
}
function progress(panel) {
    const badge = panel.badge;
    if (!badge) {
        return null;
    }
    const done = badge.modules_total > 0 ? (100 * badge.modules_done) / badge.modules_total : 0;
    return h('div', { class: 'jp-coreskills-progress' }, h('p', {}, badgeWords(panel)), h('div', { class: 'jp-coreskills-meter', 'aria-hidden': 'true' }, h('span', { class: 'jp-coreskills-meter-fill', style: `width:${done.toFixed(1)}%` })));
}
function moduleOf(module, panel, state, actions) {
    const isOpen = state.openModules.has(module.id);
    const unfold = button('', () => actions.toggleModule(module.id), { class: 'jp-coreskills-unfold-button', 'aria-expanded': String(isOpen), 'data-module': module.id });
    unfold.append(h('span', { 'aria-hidden': 'true' }, isOpen ? '\u25be' : '\u25b8'), h('span', { class: 'jp-coreskills-name' }, `${module.id} ${module.title}`), h('span', { class: 'jp-coreskills-small' }, `${module.passed} of ${module.total}`));
    return h('section', {}, h('h3', {}, unfold), isOpen && h('ul', {}, ...module.labs.map(lab => labRow(lab, panel, state, actions))));
}
function labRow(lab, panel, state, actions) {
    const mark = stateOf(lab);
    const isOpen = state.openLab === lab.id;
    const unfold = button('', () => actions.toggleLab(lab.id), { class: 'jp-coreskills-unfold-button', 'aria-expanded': String(isOpen), 'data-lab': lab.id });
    unfold.append(h('span', { 'aria-hidden': 'true', class: 'jp-coreskills-shape', 'data-level': mark.level }, mark.shape), h('span', { class: 'jp-coreskills-name' }, nameOf(lab)), h('span', { class: 'jp-coreskills-state' }, lab.state === 'new' && lab.minutes ? `new, ${lab.minutes} min` : mark.words));
    return h('li', {}, unfold, isOpen && labMore(lab, panel, state, actions));
}
function labMore(lab, panel, state, actions) {
    const lines = [passingWords(lab), attemptsWords(lab), spendWords(lab)].filter(Boolean);
    const possible = actionsFor(lab);
    const isAway = panel.service.state === 'away';
    return h('div', { class: 'jp-coreskills-more jp-coreskills-unfold' }, due(lab), ...lines.map(line => h('p', { class: 'jp-coreskills-small' }, line)), possible.length === 0 && h('p', { class: 'jp-coreskills-small' }, 'This lab is announced; it cannot be fetched yet.'), possible.length > 0 && h('div', { class: 'jp-coreskills-row' }, ...possible.map(action => doButton(lab, action, state, actions, false, isAway))), ...(panel.next?.lab_id === lab.id ? [] : after(lab, state, actions)));
}
function due(lab) {
    const words = dueWords(lab, utc => date(utc));
    return words ? h('p', { class: 'jp-coreskills-small' }, words) : null;
}
export function nameOf(lab) {
    return lab.number ? `${lab.number} ${lab.title}` : lab.title;
}
