/** Going to a notebook cell: our JupyterLab extension listens; elsewhere nothing happens and we say so. */

export const GO_TO_CELL = 'coreskills:go-to-cell';

/** Ask for a cell to be shown; false where nobody can. */
export function goToCell(from: Element, cellId: string): boolean {
  const event = new CustomEvent(GO_TO_CELL, { bubbles: true, cancelable: true, detail: { cellId } });
  return !from.dispatchEvent(event);
}

/** Give the keys back to the notebook cell around a widget. */
export function leaveToCell(from: HTMLElement): void {
  const cell = from.closest<HTMLElement>('.jp-Cell');
  (document.activeElement as HTMLElement | null)?.blur();
  from.closest<HTMLElement>('.jp-Notebook')?.focus();
  cell?.scrollIntoView({ block: 'nearest' });
}

/** Esc inside a widget: the notebook gets the keys again. Inner parts stop the event when they use it. */
export function leaveOnEscape(root: HTMLElement): void {
  root.addEventListener('keydown', event => {
    if (event.key === 'Escape') {
      leaveToCell(root);
    }
  });
}
