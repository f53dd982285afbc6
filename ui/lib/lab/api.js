/** Questions to our server extension. The page holds no token of the hub and no key of a kernel. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
/** The server said no; the text says why and what to do. */
export class Refused extends Error {
    status;
    constructor(message, status) {
        super(message);
        this.status = status;
    }
}
export class Api {
    settings;
    constructor(settings = ServerConnection.makeSettings()) {
        this.settings = settings;
    }
    panel() {
        return this.ask('panel');
    }
    spend(kernelId) {
        return this.ask(`spend/${encodeURIComponent(kernelId)}`);
    }
    validate(lab) {
        return this.act(lab, 'validate');
    }
    submit(lab) {
        return this.act(lab, 'submit');
    }
    act(lab, action) {
        return this.ask(`labs/${encodeURIComponent(lab)}/${action}`, { method: 'POST', body: '{}' });
    }
    async ask(path, init = {}) {
        const url = URLExt.join(this.settings.baseUrl, 'coreskills', path);
        let response;
        try {
            response = await ServerConnection.makeRequest(url, init, this.settings);
        }
        catch {
            throw new Refused('The Jupyter server does not answer.', 0);
        }
        const content = (await response.json().catch(() => ({})));
        if (!response.ok) {
            throw new Refused(content.error ?? content.message ?? `The Jupyter server answered ${response.status}.`, response.status);
        }
        return content;
    }
}
