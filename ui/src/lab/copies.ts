/** Shows the saved copy of a widget of ours where nothing is behind it: a notebook opened again, its kernel gone. */

import type { CodeCell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IOutputModel } from '@jupyterlab/rendermime';

import { h } from '../shared/dom';

const VIEW = 'application/vnd.jupyter.widget-view+json';
const HTML = 'text/html';
const MARK = 'jp-coreskills-copy';
const REPLACED = 'jp-coreskills-replaced';
// What the widget manager writes where a view should be: a view that comes in time has no copy before it.
const NO_VIEW = /^(Loading widget|Error displaying widget)/;
const WAIT_MS = 600;

export function showCopies(panel: NotebookPanel): void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const look = (): void => {
    timer = null;
    panel.content.widgets.forEach(cell => lookAt(panel, cell as CodeCell));
  };
  const changed = new MutationObserver(() => (timer ??= setTimeout(look, WAIT_MS)));
  void panel.revealed.then(() => {
    changed.observe(panel.content.node, { childList: true, subtree: true });
    look();
  });
  panel.disposed.connect(() => {
    changed.disconnect();
    if (timer !== null) {
      clearTimeout(timer);
    }
  });
}

function lookAt(panel: NotebookPanel, cell: CodeCell): void {
  const outputs = cell.outputArea;
  if (cell.model.type !== 'code' || !outputs) {
    return;
  }
  outputs.widgets.forEach((shown, index) => {
    const output = index < outputs.model.length ? outputs.model.get(index) : undefined;
    const view = shown.node.querySelector<HTMLElement>('.jp-OutputArea-output');
    const copy = output && copyOf(output);
    if (!copy || !view) {
      return;
    }
    const isDead = NO_VIEW.test(view.textContent ?? '');
    if (isDead !== view.classList.contains(REPLACED)) {
      view.classList.toggle(REPLACED, isDead);
      if (isDead) {
        put(panel, copy, view);
      } else {
        view.parentElement?.querySelectorAll(`.${REPLACED}-by`).forEach(node => node.remove());
      }
    }
  });
}

/** The script-free copy that our widgets leave beside their view. */
function copyOf(output: IOutputModel): string | null {
  const raw = output.data[HTML];
  const html = Array.isArray(raw) ? raw.join('') : raw;
  return output.data[VIEW] && typeof html === 'string' && html.includes(MARK) ? html : null;
}

/** Cleaned as JupyterLab cleans what it does not trust: the notebook may be anybody's. */
function put(panel: NotebookPanel, html: string, view: HTMLElement): void {
  const copy = h('div', { class: 'jp-RenderedHTMLCommon' });
  copy.innerHTML = panel.content.rendermime.sanitizer.sanitize(html);
  view.after(h('div', { class: `${REPLACED}-by jp-coreskills` }, h('p', { class: 'jp-coreskills-small' }, 'Run the cell again for the live view.'), copy));
}
