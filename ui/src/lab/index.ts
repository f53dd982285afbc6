/** Wires the plugins of `@coreskills/lab`; what they do is in the files beside. */

import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, type ICommandPalette as Palette } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { ILauncher } from '@jupyterlab/launcher';
import { IMainMenu } from '@jupyterlab/mainmenu';
import { INotebookTracker, NotebookActions, NotebookPanel } from '@jupyterlab/notebook';
import { IStatusBar } from '@jupyterlab/statusbar';
import { Menu } from '@lumino/widgets';

import { Api } from './api';
import { serveCells, showCell } from './cells';
import { showCopies } from './copies';
import type { Action } from './data';
import { courseIcon } from './icon';
import { CoursePanel } from './panel';
import { SpendStatus } from './status';

const COMMANDS = {
  show: 'coreskills:show-course',
  continue: 'coreskills:continue',
  validate: 'coreskills:validate',
  submit: 'coreskills:submit',
};

const cells: JupyterFrontEndPlugin<void> = {
  id: '@coreskills/lab:cells',
  description: 'Shows the cell that a widget asks for.',
  autoStart: true,
  requires: [INotebookTracker],
  activate: (_: JupyterFrontEnd, tracker: INotebookTracker) => serveCells(tracker),
};

const copies: JupyterFrontEndPlugin<void> = {
  id: '@coreskills/lab:copies',
  description: 'Shows the saved copy of a widget that has no kernel any more.',
  autoStart: true,
  requires: [INotebookTracker],
  activate: (_: JupyterFrontEnd, tracker: INotebookTracker) => {
    tracker.forEach(showCopies);
    tracker.widgetAdded.connect((__, panel) => showCopies(panel));
  },
};

const spend: JupyterFrontEndPlugin<void> = {
  id: '@coreskills/lab:spend',
  description: 'The status bar meter of the active notebook.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [IStatusBar],
  activate: (app: JupyterFrontEnd, tracker: INotebookTracker, bar: IStatusBar | null) => {
    if (!bar) {
      return;
    }
    const item = new SpendStatus(new Api());
    document.body.dataset['coreskillsVoice'] = 'status-bar';
    bar.registerStatusItem('@coreskills/lab:spend', { item, align: 'left', rank: 3, priority: 1, isActive: () => item.isShown, activeStateChanged: item.stateChanged });
    const follow = (): void => item.follow(app.shell.currentWidget instanceof NotebookPanel ? app.shell.currentWidget : null);
    tracker.currentChanged.connect(follow);
    (app.shell as { currentChanged?: { connect(slot: () => void): void } }).currentChanged?.connect(follow);
    tracker.widgetAdded.connect((_, panel) => panel.sessionContext.kernelChanged.connect(() => item.refresh()));
    NotebookActions.executed.connect((_, ran) => {
      if (tracker.currentWidget?.content === ran.notebook) {
        item.refresh();
      }
    });
  },
};

const course: JupyterFrontEndPlugin<void> = {
  id: '@coreskills/lab:course',
  description: 'The Course panel.',
  autoStart: true,
  requires: [IDocumentManager, INotebookTracker],
  optional: [ICommandPalette, ILauncher, IMainMenu, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    documents: IDocumentManager,
    tracker: INotebookTracker,
    palette: Palette | null,
    launcher: ILauncher | null,
    menus: IMainMenu | null,
    restorer: ILayoutRestorer | null,
  ) => {
    const panel = new CoursePanel(new Api(), documents, (path, cellId) => void openCell(documents, path, cellId));
    panel.title.icon = courseIcon;
    panel.title.caption = 'Course: what to do next';
    app.shell.add(panel, 'left', { rank: 150 });
    restorer?.add(panel, panel.id);
    tracker.currentChanged.connect(() => panel.update());
    addCommands(app, panel, tracker);
    Object.values(COMMANDS).forEach(command => palette?.addItem({ command, category: 'Course' }));
    launcher?.add({ command: COMMANDS.show, category: 'Course', rank: 0 });
    if (menus) {
      const menu = new Menu({ commands: app.commands });
      menu.title.label = 'Course';
      Object.values(COMMANDS).forEach(command => menu.addItem({ command }));
      menus.addMenu(menu, true, { rank: 45 });
    }
    void app.restored.then(() => {
      if (tracker.size === 0) {
        app.shell.activateById(panel.id);
      }
    });
  },
};

function addCommands(app: JupyterFrontEnd, panel: CoursePanel, tracker: INotebookTracker): void {
  const here = (action: Action) => {
    const path = tracker.currentWidget?.context.path;
    return path ? panel.labAt(path, action) : undefined;
  };
  app.commands.addCommand(COMMANDS.show, { label: 'Course', caption: 'What to do next', icon: courseIcon, execute: () => app.shell.activateById(panel.id) });
  app.commands.addCommand(COMMANDS.continue, {
    label: 'Continue where you left off',
    execute: () => {
      app.shell.activateById(panel.id);
      panel.continue();
    },
  });
  for (const action of ['validate', 'submit'] as const) {
    app.commands.addCommand(COMMANDS[action], {
      label: action === 'validate' ? 'Validate This Lab' : 'Submit This Lab',
      isEnabled: () => here(action) !== undefined,
      execute: () => {
        const lab = here(action);
        if (lab) {
          app.shell.activateById(panel.id);
          return panel.act(lab, action);
        }
      },
    });
  }
}

async function openCell(documents: IDocumentManager, path: string, cellId: string): Promise<void> {
  const widget = documents.openOrReveal(path);
  if (widget instanceof NotebookPanel) {
    await widget.context.ready;
    await widget.revealed;
    showCell(widget, cellId);
  }
}

export default [cells, copies, spend, course];
