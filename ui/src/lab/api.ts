/** Questions to our server extension. The page holds no token of the hub and no key of a kernel. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { ISpend } from '../cost/spend';
import type { Action, IPanel, IReceipt, IValidation } from './data';

/** The server said no; the text says why and what to do. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export interface IStatus extends ISpend {
  /** False for a kernel without a gateway: there is nothing to show. */
  is_metered?: boolean;
  backend?: string;
  as_of_utc?: string;
}

export class Api {
  constructor(private readonly settings = ServerConnection.makeSettings()) {}

  panel(): Promise<IPanel> {
    return this.ask('panel') as Promise<IPanel>;
  }

  spend(kernelId: string): Promise<IStatus> {
    return this.ask(`spend/${encodeURIComponent(kernelId)}`) as Promise<IStatus>;
  }

  validate(lab: string): Promise<IValidation> {
    return this.act(lab, 'validate') as Promise<IValidation>;
  }

  submit(lab: string): Promise<{ receipt: IReceipt & { received_utc?: string; attempt?: number } }> {
    return this.act(lab, 'submit') as Promise<{ receipt: IReceipt }>;
  }

  act(lab: string, action: Action): Promise<unknown> {
    return this.ask(`labs/${encodeURIComponent(lab)}/${action}`, { method: 'POST', body: '{}' });
  }

  private async ask(path: string, init: RequestInit = {}): Promise<unknown> {
    const url = URLExt.join(this.settings.baseUrl, 'coreskills', path);
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, init, this.settings);
    } catch {
      throw new Refused('The Jupyter server does not answer.', 0);
    }
    const content = (await response.json().catch(() => ({}))) as { error?: string; message?: string };
    if (!response.ok) {
      throw new Refused(content.error ?? content.message ?? `The Jupyter server answered ${response.status}.`, response.status);
    }
    return content;
  }
}
