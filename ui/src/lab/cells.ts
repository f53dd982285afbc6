/** Shows a notebook cell that one of our widgets, or the panel, asks for. */

import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

import { GO_TO_CELL } from '../shared/cells';

const OUTLINE = 'jp-coreskills-shown';
const OUTLINE_MS = 2500;

/** Show and outline a cell; false when the notebook has none with this id. */
export function showCell(panel: NotebookPanel, cellId: string): boolean {
  const index = panel.content.widgets.findIndex(cell => cell.model.id === cellId);
  const cell = panel.content.widgets[index];
  if (!cell) {
    return false;
  }
  panel.content.activeCellIndex = index;
  panel.content.mode = 'command';
  void panel.content.scrollToItem(index, 'smart');
  cell.addClass(OUTLINE);
  setTimeout(() => cell.removeClass(OUTLINE), OUTLINE_MS);
  panel.content.node.focus();
  return true;
}

export function serveCells(tracker: INotebookTracker): void {
  document.addEventListener(GO_TO_CELL, event => {
    const target = event.target as Node;
    const { cellId } = (event as CustomEvent<{ cellId: string }>).detail;
    const panel = tracker.find(candidate => candidate.node.contains(target));
    if (panel && showCell(panel, cellId)) {
      event.preventDefault();
    }
  });
}
