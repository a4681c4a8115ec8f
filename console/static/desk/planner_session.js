// A draft as the server keeps it: what is asked of it, one thing after another, and its state.
import {api, query} from './common.js';

export class Session {
  /** `on`: state(draft), saving(what): 'saving' | 'saved' | 'failed', overtaken by others: conflict(problem). */
  constructor(on) {
    Object.assign(this, {on, draft: null, turn: Promise.resolve()});
  }

  get address() {
    return `/api/drafts/${encodeURIComponent(this.draft.id)}`;
  }

  at(id, path = '') {
    return `/api/drafts/${encodeURIComponent(id)}${path}`;
  }

  static list(state) {
    return api(`/api/drafts?${query({state})}`);
  }

  static create(values) {
    return api('/api/drafts', {send: values});
  }

  /** The draft: its areas now, and as of its base. */
  async open(id) {
    const [draft, coverage, base] = await Promise.all([api(this.at(id)), api(this.at(id, '/coverage')), api(this.at(id, '/coverage?base=1'))]);
    this.draft = null;
    this.told({...draft, version: coverage.version});
    return [coverage, base];
  }

  close() {
    this.draft = null;
  }

  told(draft) {
    this.draft = {...this.draft, ...draft};
    this.on.state(this.draft);
  }

  /** What the server says of it now; whether somebody else went on with it meanwhile. */
  async look() {
    const {id, version} = this.draft;
    const draft = await api(this.at(id));
    if (this.draft?.id !== id) return false;
    const gone = draft.version !== version && this.draft.version === version;
    if (!gone) this.told(draft);
    return gone;
  }

  /** Changes go one after another, each on the version that the one before has made. */
  change(path, values = {}, method = 'POST') {
    const go = async () => {
      this.on.saving('saving');
      try {
        const answer = await api(`${this.address}${path}`, {send: {version: this.draft.version, ...values}, method});
        this.on.saving('saved');
        return answer;
      } catch (problem) {
        this.on.saving(problem.status === 422 ? 'saved' : 'failed');
        throw problem;
      }
    };
    const done = this.turn.then(go);
    this.turn = done.catch(() => {});
    return done;
  }

  operate(operation) {
    return this.change('/operations', {operation});
  }

  /** What an operation would make of the balance; nothing is kept. */
  trial(operation, signal) {
    return api(`${this.address}/operations?try=1`, {send: {version: this.draft.version, operation}, signal});
  }

  get(path, signal) {
    return api(`${this.address}${path}`, {signal});
  }
}
