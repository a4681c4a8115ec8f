// Asks while a hand moves: not too often, one question at a time, and only the last answer counts.

export class Latest {
  /** `ask(value, signal)` gives a promise; `heard(answer, value)` and `failed(error, value)` hear of the last one. */
  constructor({ask, heard, failed = () => {}, wait_ms = 120, timer = globalThis}) {
    Object.assign(this, {ask, heard, failed, wait_ms, timer});
    this.turn = 0;
  }

  put(value) {
    this.waiting = {value};
    this.clock ??= this.timer.setTimeout(() => { this.clock = null; this.go(); }, this.wait_ms);
  }

  async go() {
    if (this.busy || !this.waiting) return;
    const {value} = this.waiting;
    const turn = this.turn;
    this.waiting = null;
    this.busy = new AbortController();
    try {
      const answer = await this.ask(value, this.busy.signal);
      if (turn === this.turn) this.heard(answer, value);
    } catch (error) {
      if (turn === this.turn && error.name !== 'AbortError') this.failed(error, value);
    }
    if (turn !== this.turn) return;
    this.busy = null;
    if (this.waiting) this.put(this.waiting.value);
  }

  /** Whatever is still to come is not heard any more. */
  stop() {
    this.turn++;
    this.timer.clearTimeout(this.clock);
    this.busy?.abort();
    this.clock = this.waiting = this.busy = null;
  }
}
