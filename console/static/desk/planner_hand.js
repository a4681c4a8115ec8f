// What the hand does to a draft: gestures become operations; what is refused goes back to what it was.
import {byId, make, notify, number, t, told} from './common.js';
import {askFor} from './planner_dialog.js';
import {STAYING} from './planner_tools.js';

const {Latest, freshKey} = await import(told.editor);
const REFUSED_MS = 1500;
const MOST_NEAR = 6;

export class Hand {
  /** `table`: {editor, session, tools, refusals, rows, changed(answer), supposed(answer), reload(), choose(keys), chosen, name(key)}. */
  constructor(table) {
    this.table = table;
    this.trial = new Latest({
      ask: ({operation}, signal) => table.session.trial(operation, signal),
      heard: answer => (answer.refusals ? table.refusals.show(answer.refusals) : this.suppose(answer)),
    });
  }

  suppose(answer) {
    this.table.refusals.clear();
    this.table.supposed(answer);
  }

  get editable() {
    return this.table.session.draft?.state === 'open';
  }

  /** What the map tells of the hand. */
  hears() {
    return {
      hold: made => this.editable && this.trial.put(made), drop: made => this.operateAll(made),
      lacks: what => this.hint(t(`planner.lacks_${what}`), true), block: made => this.askTarget(made), target: key => this.giveBlock(key),
      street: one => this.operate({op: 'split', new_key: freshKey(this.table.editor.coverage), ...one}),
    };
  }

  use(tool) {
    const {editor, tools, refusals, chosen, rows} = this.table;
    this.ask(null);
    if (tool === 'freeze') return chosen.length ? this.freeze(chosen, rows.some(row => chosen.includes(row.key) && !row.frozen)) : this.hint(t('planner.lacks_chosen'), true);
    if (tool === 'snap' || tool === 'simplify') return this.askMetres(tool);
    refusals.clear();
    editor.use(tool);
    tools.show(tool, this.editable);
    this.hint();
    return tool === 'merge' && chosen.length > 1 ? this.enter() : null;
  }

  /** Words at the map's head: what the tool waits for, unless something else is to be said. */
  hint(words, warn = false) {
    const {editor, session} = this.table;
    const tool = this.editable ? t(`planner.hint_${editor.tool}`) : t(session.draft ? 'planner.hint_closed' : 'planner.hint_in_force');
    byId('hint').textContent = words ?? tool;
    byId('hint').classList.toggle('warn', warn);
  }

  askMetres(tool) {
    const {chosen} = this.table;
    if (tool === 'snap' && !chosen.length) return this.hint(t('planner.lacks_chosen'), true);
    const codes = chosen.length ? {codes: chosen} : {};
    return askFor({
      title: t(`planner.tool_${tool}_what`), words: t(`planner.${tool}_metres`), type: 'number', value: tool === 'snap' ? 15 : 2, min: 0.1, max: 100, step: 'any',
      take: metres => { this.operate(tool === 'snap' ? {op: 'snap', radius_m: metres, ...codes} : {op: 'simplify', tolerance_m: metres, ...codes}); },
    });
  }

  enter() {
    const {editor, chosen, name} = this.table;
    if (editor.tool !== 'merge') return editor.finish();
    if (chosen.length < 2) return this.hint(t('planner.lacks_two'), true);
    return this.ask(t('planner.merge_into'), chosen.map(code => [name(code), () => this.operate({op: 'merge', codes: chosen, into: code})]));
  }

  /** A small question over the map: words and buttons; null takes it away. */
  ask(words, answers = []) {
    const host = byId('asking');
    host.hidden = !words;
    if (!words) return;
    host.replaceChildren(make('p', {text: words}), make('div', {class: 'actions'},
      ...answers.map(([text, act]) => make('button', {type: 'button', text, onclick: () => { this.ask(null); act(); }})),
      make('button', {type: 'button', class: 'plain', text: t('desk.cancel'), onclick: () => this.escape()})));
    host.querySelector('button').focus();
  }

  askTarget(block) {
    const {editor, name} = this.table;
    this.block = block;
    const near = [...editor.coverage.neighbours(block.from)].sort((a, b) => b[1] - a[1]).slice(0, MOST_NEAR);
    editor.use('target');
    editor.preview(new Map([['block', {type: 'Polygon', coordinates: [block.ring]}]]));
    this.hint();
    this.ask(t('planner.block_to'), near.map(([key]) => [name(key), () => this.giveBlock(key)]));
  }

  giveBlock(key) {
    const {ring, from} = this.block;
    this.use('block');
    this.operate({op: 'move_block', from, to: key, ring});
  }

  async operate(operation, preview = null) {
    const {editor, session} = this.table;
    if (!this.editable) return null;
    editor.preview(preview);
    const answer = await this.carry(() => session.operate(operation), preview);
    if (operation.op === 'merge') this.table.choose([]);
    return answer;
  }

  /** One operation, and those that go on from it as long as each is carried out. */
  async operateAll({operation, preview = null, then = []}) {
    if (!await this.operate(operation, preview)) return;
    for (const next of then) if (!await this.operate(next)) return;
  }

  /** Does one thing to the draft, and shows what came of it. */
  async carry(act, preview = null) {
    const {editor, refusals} = this.table;
    this.trial.stop();
    this.busy(true);
    refusals.clear();
    try {
      const answer = await act();
      this.table.changed(answer);
      if (answer.left?.length) refusals.show(answer.left, t('planner.left'));
      return answer;
    } catch (problem) {
      this.refused(problem, preview);
      return null;
    } finally {
      this.busy(false);
      editor.handles();
    }
  }

  busy(on) {
    this.table.editor.busy = on;
    byId('map').classList.toggle('busy', on);
  }

  refused(problem, preview) {
    const {editor, refusals} = this.table;
    this.table.supposed(null);
    if (problem.body?.refusals) {
      editor.preview(preview, true);
      refusals.show(problem.body.refusals);
      setTimeout(() => editor.preview(null), REFUSED_MS);
      return;
    }
    editor.preview(null);
    if (problem.status === 409) {
      notify(t('planner.moved_on'));
      this.table.reload();
    } else {
      notify(problem.message);
    }
  }

  step(way) {
    if (this.editable && !byId(way).disabled && !this.table.editor.busy) this.carry(() => this.table.session.change(`/${way}`));
  }

  async freeze(codes, frozen) {
    if (await this.carry(() => this.table.session.change('/freeze', {codes, frozen}))) this.hint(t(frozen ? 'planner.frozen_now' : 'planner.unfrozen_now', {count: number(codes.length)}));
  }

  escape() {
    const {editor, refusals} = this.table;
    this.ask(null);
    this.trial.stop();
    refusals.clear();
    this.table.supposed(null);
    const held = editor.abort();
    if (!STAYING.has(editor.tool) || (!held && editor.tool !== 'edit')) this.use('edit');
    else if (!held) this.table.choose([]);
    this.hint();
  }
}
