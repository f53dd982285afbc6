/** What is on the screen is what is sent: the open notebook is saved first. */

import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { DocumentRegistry } from '@jupyterlab/docregistry';

import { Refused } from './api';
import type { ILab } from './data';
import { conflictWords } from './words';

const SAME_SAVE_MS = 500; // as JupyterLab: file systems round the time of a save

/** Save a lab's notebook if it is open and changed, and say so. */
export async function saved(documents: IDocumentManager, lab: ILab): Promise<string> {
  const open = lab.path ? documents.findWidget(lab.path) : undefined;
  await open?.context.ready;
  if (!open) {
    return '';
  }
  await refuseOlder(documents, open.context);
  if (!open.context.model.dirty) {
    return '';
  }
  await open.context.save();
  if (open.context.model.dirty) {
    throw new Refused(`${lab.id}.ipynb could not be saved, so nothing was sent. Save it yourself, then try again.`, 409);
  }
  return `Saved ${lab.id}.ipynb. `;
}

/** Two tabs, or a change on the server: what is here must not go over what is newer there, nor be taken for it. */
async function refuseOlder(documents: IDocumentManager, context: DocumentRegistry.Context): Promise<void> {
  const here = context.contentsModel?.last_modified;
  const { last_modified: there } = await documents.services.contents.get(context.path, { content: false });
  if (here && Date.parse(there) - Date.parse(here) > SAME_SAVE_MS) {
    throw new Refused(conflictWords(context.path.split('/').pop()!, here, there, exactTime), 409);
  }
}

function exactTime(utc: string): string {
  return new Date(utc).toLocaleTimeString('en-GB');
}
