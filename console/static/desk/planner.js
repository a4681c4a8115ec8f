// The planner's table: the boundaries in force, or a draft of them that the hand redraws.
import {api, byId, make, moment, notify, number, quiet, t, told} from './common.js';
import {Live} from './live.js';
import {Balance, showChosen} from './planner_balance.js';
import {askFor, openDialog} from './planner_dialog.js';
import {draftsDialog, newDraft} from './planner_drafts.js';
import {MEASURES, compactness} from './planner_figures.js';
import {exportDialog, importDialog} from './planner_files.js';
import {showHealth} from './planner_health.js';
import {proposalsDialog} from './planner_proposals.js';
import {publishDialog} from './planner_publish.js';
import {showRecord} from './planner_record.js';
import {Refusals} from './planner_refusals.js';
import {brokenBy, showRules} from './planner_rules.js';
import {Session} from './planner_session.js';
import {STAYING, Tools} from './planner_tools.js';

const {Editor, Latest} = await import(told.editor);
const THEME = 'gridwall-planner-theme';
const STREETS_FROM = 0.045;
const LOOK_MS = 15_000;
const search = new URLSearchParams(location.search);

class Planner {
  constructor() {
    const theme = localStorage.getItem(THEME) ?? 'dark';
    document.body.dataset.theme = theme;
    Object.assign(this, {rows: [], before: new Map(), violations: [], parents: new Map(), schemes: []});
    this.session = new Session({state: draft => this.state(draft), saving: what => this.saving(what)});
    this.editor = new Editor({target: byId('map'), bar: byId('bar'), theme, on: this.hears()});
    this.balance = new Balance({choose: key => this.choose([key], true)});
    this.refusals = new Refusals(this.editor);
    this.tools = new Tools(this.keys());
    this.trial = new Latest({
      ask: ({operation}, signal) => this.session.trial(operation, signal),
      heard: answer => this.suppose(answer), failed: problem => this.supposedWrong(problem),
    });
    this.bind();
  }

  get draft() {
    return this.session.draft;
  }

  get editable() {
    return this.draft?.state === 'open';
  }

  hears() {
    return {
      choose: keys => this.choose(keys), hover: key => this.say(key), view: extent => this.streets(extent),
      hold: made => this.editable && this.trial.put(made), drop: made => this.operate(made.operation, made.preview),
      lacks: what => this.hint(t(`planner.lacks_${what}`), true), tiles: () => notify(t('planner.tiles_failed')),
      street: one => this.operate({op: 'split', code: one.code, line: one.line, new_key: this.freshKey(), along_street: true}, null),
      block: made => this.askTarget(made), target: key => this.giveBlock(key),
    };
  }

  keys() {
    return {
      use: tool => this.use(tool), undo: () => this.step('undo'), redo: () => this.step('redo'), escape: () => this.escape(), enter: () => this.enter(),
      takeAway: () => this.editor.takeAway(), compare: () => this.compare(), whole: () => this.editor.fit(), help: () => this.help(),
    };
  }

  bind() {
    const on = (id, act, event = 'click') => byId(id).addEventListener(event, act);
    on('drafts', () => draftsDialog(this.choices()));
    on('undo', () => this.step('undo'));
    on('redo', () => this.step('redo'));
    on('measure', () => this.paint(), 'change');
    on('scheme', () => this.inForce(), 'change');
    on('compare', () => this.compare());
    on('rebase', () => this.rebase());
    on('import', () => importDialog(this.session, () => this.reload()));
    on('export', () => exportDialog(this.session));
    on('proposals', () => proposalsDialog(this.session, this.parents, () => this.reload()));
    on('publish', () => publishDialog(this.session, () => this.published()));
    on('help-open', () => this.help());
    on('theme', () => this.dress());
    on('zoom-in', () => this.zoom(1));
    on('zoom-out', () => this.zoom(-1));
    on('zoom-all', () => this.editor.fit());
    for (const tab of document.querySelectorAll('#tabs [role=tab]')) tab.addEventListener('click', () => this.tab(tab.id.slice(4)));
    byId('tabs').addEventListener('keydown', event => this.walkTabs(event));
    byId('measure').append(...Object.keys(MEASURES).map(key => make('option', {value: key, text: t(`planner.by_${key}`)})));
    addEventListener('beforeunload', event => { if (this.unsaved) event.preventDefault(); });
    setInterval(() => this.look(), LOOK_MS);
  }

  choices() {
    return {open: id => this.open(id), leave: () => this.leave(), schemes: this.schemes, scheme: byId('scheme').value};
  }

  async start() {
    try {
      const [{schemes}, live] = await Promise.all([api('/api/wall/start'), api('/api/wall/incidents')]);
      this.schemes = schemes;
      const asked = search.get('scheme') ?? 'base';
      byId('scheme').append(...schemes.map(one => make('option', {value: one.code, text: t(`desk.scheme_${one.code}`, {otherwise: one.name}), selected: one.code === asked})));
      this.follow(`${live.epoch}-${live.sequence}`);
      await (search.get('draft') ? this.open(search.get('draft')) : this.inForce());
      notify();
    } catch (problem) {
      notify(problem.message);
      setTimeout(() => this.start(), 5000);
    }
  }

  /** A publication anywhere changes what is in force, and may overtake the draft. */
  follow(after) {
    this.live = new Live({onIncident: () => {}, onArea: () => this.overtaken(), onResync: () => this.overtaken()});
    this.live.start(after);
  }

  async overtaken() {
    if (!this.draft) return this.inForce(false);
    await this.loadBefore(this.draft.scheme);
    return this.look();
  }

  async loadBefore(scheme) {
    const query = `scheme=${encodeURIComponent(scheme)}`;
    const [shapes, grids] = await Promise.all([api(`/api/desk/shapes?${query}`), api(`/api/desk/grids?${query}`)]);
    const of = new Map(grids.map(row => [row.code, row]));
    this.before = new Map(shapes.features.map(({geometry, properties}) => [properties.key, {...of.get(properties.key), key: properties.key, name: properties.name, compactness: compactness(geometry)}]));
    this.parents = new Map(grids.map(row => [row.parent_code, row.parent]));
    return shapes.features;
  }

  /** The boundaries in force, to be looked at. */
  async inForce(fit = true) {
    this.wait(true);
    const scheme = byId('scheme').value;
    const features = await this.loadBefore(scheme);
    if (this.draft || byId('scheme').value !== scheme) return;
    this.violations = [];
    this.editor.show(features);
    this.editor.allow(false);
    this.put([...this.before.values()]);
    if (fit) this.editor.fit();
    this.shown();
    await showHealth(scheme, this.editor);
  }

  async open(id) {
    this.wait(true);
    try {
      const coverage = await this.session.open(id);
      const before = await this.loadBefore(this.draft.scheme);
      byId('scheme').value = this.draft.scheme;
      this.history(`draft=${id}`);
      this.take(coverage, before);
      this.editor.fit();
      this.shown();
      this.streets(this.editor.extent());
    } catch (problem) {
      this.session.close();
      notify(problem.message);
      await this.inForce();
    }
  }

  take(coverage, before) {
    const ground = this.draft.area ? new Set(coverage.features.map(one => one.properties.key)) : null;
    this.shapes = before;
    this.editor.show(coverage.features, ground ? before.filter(one => ground.has(one.properties.key) || this.within(one)) : before);
    this.violations = coverage.violations ?? [];
    this.put(coverage.features.map(one => this.rowOf(one)));
    this.editor.allow(this.editable);
  }

  within({properties}) {
    return properties.path?.includes(this.draft.area.code);
  }

  rowOf({geometry, properties}) {
    const {key, name, parent_code, frozen} = properties;
    return {key, name, parent_code, frozen, ...this.figures(properties.figures ?? properties), compactness: properties.compactness ?? compactness(geometry)};
  }

  figures(raw) {
    const {households, registered, officers, area_m2} = raw;
    return {households, actual: raw.actual ?? raw.actual_residents, registered: registered ?? raw.registered_residents, officers, open: raw.open ?? raw.open_incidents, area_m2, ...(raw.compactness === undefined ? {} : {compactness: raw.compactness})};
  }

  async reload() {
    const {id} = this.draft;
    this.take(await this.session.open(id), await this.loadBefore(this.draft.scheme));
    this.shown();
  }

  leave() {
    this.session.close();
    this.history('');
    this.editor.clearRefusals();
    this.state(null);
    this.inForce();
  }

  history(query) {
    history.replaceState(null, '', query ? `/planner?${query}` : '/planner');
  }

  put(rows) {
    this.rows = rows;
    const broken = brokenBy(this.violations);
    for (const row of rows) Object.assign(row, {broken: broken.has(row.key), changed: this.editor.state.changed.has(row.key)});
    this.editor.light({broken: this.draft ? broken : new Map(), frozen: rows.filter(row => row.frozen).map(row => row.key)});
    this.balance.show(rows, this.draft ? this.before : new Map());
    this.paint();
    this.card();
    this.panels();
  }

  panels() {
    if (!this.draft) return;
    showHealth(this.draft.scheme, this.editor, {draft: this.draft, violations: this.violations, fly: key => this.choose([key], true)});
    if (!byId('panel-rules').hidden) showRules(this.session, answer => this.ruled(answer));
    if (!byId('panel-record').hidden) showRecord(this.session, id => this.open(id), () => this.look());
  }

  ruled(violations) {
    this.violations = violations ?? this.violations;
    this.put(this.rows);
  }

  paint(rows = this.rows, supposed = false) {
    const measure = byId('measure').value;
    const {value, words} = MEASURES[measure];
    const legend = this.editor.colourBy(new Map(rows.map(row => [row.key, value(row)])), new Map([...this.before].map(([key, row]) => [key, value(row)])), words);
    byId('legend').replaceChildren(...legend.map(([colour, from, to]) => make('span', {}, make('i', {style: `background:${colour}`}),
      from === undefined ? (to === undefined ? '—' : `< ${words(to)}`) : to === undefined ? `≥ ${words(from)}` : `${words(from)} – ${words(to)}`)));
    this.balance.totals(rows, measure, {colour: one => this.editor.scale.colour(one), broken: brokenBy(this.violations).size, supposed});
  }

  choose(keys, fly = false) {
    this.editor.choose(keys);
    this.balance.choose(keys.length === 1 ? keys[0] : null);
    if (fly) this.editor.fit(keys);
    this.card();
    if (this.editor.tool === 'merge') this.hint(t('planner.merge_count', {count: number(keys.length)}));
  }

  get chosen() {
    return [...this.editor.state.chosen];
  }

  card() {
    const key = this.chosen.length === 1 ? this.chosen[0] : null;
    const row = key && this.rows.find(one => one.key === key);
    showChosen({
      row, was: this.draft ? this.before.get(key) : null, parent: row && (this.parents.get(row.parent_code) ?? row.parent), editable: this.editable,
      broken: this.violations.filter(one => (one.keys ?? [one.key]).includes(key)).map(one => one.words ?? brokenBy([one]).get(key)),
      rename: (code, name) => name && this.operate({op: 'rename', code, name}, null), freeze: (codes, frozen) => this.freeze(codes, frozen),
      fly: () => this.editor.fit([key]), close: () => this.choose([]),
    });
  }

  say(key) {
    const row = key && this.rows.find(one => one.key === key);
    const {value, words} = MEASURES[byId('measure').value];
    if (row) this.hint(`${row.name} · ${t(`planner.by_${byId('measure').value}`)} ${words(value(row))}`);
    else this.hint();
  }

  /** Words at the map's foot: what the tool waits for, unless something else is to be said. */
  hint(words, warn = false) {
    const tool = this.editable ? t(`planner.hint_${this.editor.tool}`) : t(this.draft ? 'planner.hint_closed' : 'planner.hint_in_force');
    byId('hint').textContent = words ?? tool;
    byId('hint').classList.toggle('warn', warn);
  }

  use(tool) {
    this.ask(null);
    if (tool === 'freeze') return this.chosen.length ? this.freeze(this.chosen, !this.rows.every(row => !this.chosen.includes(row.key) || row.frozen)) : this.hint(t('planner.lacks_chosen'), true);
    if (tool === 'snap' || tool === 'simplify') return this.askMetres(tool);
    this.refusals.clear();
    this.editor.use(tool);
    this.tools.show(tool, this.editable);
    this.hint();
    if (tool === 'merge' && this.chosen.length > 1) this.enter();
    return null;
  }

  askMetres(tool) {
    if (tool === 'snap' && !this.chosen.length) return this.hint(t('planner.lacks_chosen'), true);
    return askFor({
      title: t(`planner.tool_${tool}_what`), words: t(`planner.${tool}_metres`), type: 'number', value: tool === 'snap' ? 15 : 2, min: 0.1, max: 100, step: 'any',
      take: metres => { this.operate(tool === 'snap' ? {op: 'snap', codes: this.chosen, radius_m: metres} : {op: 'simplify', tolerance_m: metres, ...(this.chosen.length ? {codes: this.chosen} : {})}, null); },
    });
  }

  enter() {
    if (this.editor.tool !== 'merge') return this.editor.finish();
    const codes = this.chosen;
    if (codes.length < 2) return this.hint(t('planner.lacks_two'), true);
    return this.ask(t('planner.merge_into'), codes.map(code => [this.rows.find(row => row.key === code)?.name ?? code, () => this.operate({op: 'merge', codes, into: code}, null)]));
  }

  /** A small question over the map: words and buttons; null takes it away. */
  ask(words, answers = []) {
    const host = byId('asking');
    host.hidden = !words;
    host.replaceChildren(make('p', {text: words ?? ''}), make('div', {class: 'actions'}, ...answers.map(([text, act]) => make('button', {type: 'button', text, onclick: () => { this.ask(null); act(); }})),
      make('button', {type: 'button', class: 'plain', text: t('desk.cancel'), onclick: () => this.escape()})));
    host.querySelector('button')?.focus();
  }

  askTarget(block) {
    this.block = block;
    const near = [...this.editor.coverage.neighbours(block.from)].sort((a, b) => b[1] - a[1]).slice(0, 6).map(([key]) => key);
    this.editor.use('target');
    this.ask(t('planner.block_to'), near.map(key => [this.rows.find(row => row.key === key)?.name ?? key, () => this.giveBlock(key)]));
  }

  giveBlock(key) {
    const {ring, from} = this.block;
    this.ask(null);
    this.use('block');
    this.operate({op: 'move_block', from, to: key, ring}, null);
  }

  freshKey() {
    const taken = this.rows.map(row => row.key).filter(key => key.startsWith('+')).map(key => Number(key.slice(1)));
    return `+${Math.max(0, ...taken) + 1}`;
  }

  async operate(operation, preview) {
    if (!this.editable) return;
    this.trial.stop();
    this.busy(true);
    this.editor.preview(preview);
    this.refusals.clear();
    try {
      this.done(await this.session.operate(operation));
      if (!STAYING.has(this.editor.tool) || ['merge', 'reroute'].includes(this.editor.tool)) this.choose([]);
    } catch (problem) {
      this.refused(problem, preview);
    } finally {
      this.busy(false);
    }
  }

  busy(on) {
    this.editor.busy = on;
    byId('map').classList.toggle('busy', on);
  }

  /** What an operation, an undo or a redo has changed. */
  done({version, changed, removed, figures = {}, violations, frozen, ...rest}) {
    this.session.told({version, ...Object.fromEntries(['cursor', 'operations_count', 'can_undo', 'can_redo'].filter(key => key in rest).map(key => [key, rest[key]]))});
    this.editor.patch(changed?.features ?? [], removed ?? []);
    const rows = new Map(this.rows.map(row => [row.key, row]));
    for (const key of removed ?? []) rows.delete(key);
    for (const one of changed?.features ?? []) rows.set(one.properties.key, this.rowOf({...one, properties: {...rows.get(one.properties.key), ...one.properties}}));
    for (const [key, raw] of Object.entries(figures)) if (rows.has(key)) rows.set(key, {...rows.get(key), ...this.figures(raw)});
    if (frozen) for (const row of rows.values()) row.frozen = frozen.includes(row.key);
    this.violations = violations ?? this.violations;
    this.put([...rows.values()].sort((a, b) => (a.key < b.key ? -1 : 1)));
    if (!('can_undo' in rest)) this.session.look().catch(() => {});
  }

  refused(problem, preview) {
    this.balance.suppose(null);
    this.paint();
    if (problem.status === 409) {
      this.editor.preview(null);
      notify(t('planner.moved_on'));
      this.reload();
    } else if (problem.body?.refusals) {
      this.editor.preview(preview, true);
      this.refusals.show(problem.body.refusals);
      setTimeout(() => this.editor.preview(null), 1500);
    } else {
      this.editor.preview(null);
      notify(problem.message);
    }
  }

  suppose({figures = {}, violations}) {
    const supposed = new Map(Object.entries(figures).map(([key, raw]) => [key, this.figures(raw)]));
    const rows = this.balance.suppose(supposed);
    this.paint(rows, true);
    this.refusals.clear();
    if (violations) this.editor.light({broken: brokenBy(violations)});
  }

  supposedWrong(problem) {
    if (problem.body?.refusals) this.refusals.show(problem.body.refusals);
  }

  async step(way) {
    if (!this.editable || byId(way).disabled) return;
    this.busy(true);
    this.refusals.clear();
    try {
      this.done(await this.session.change(`/${way}`));
    } catch (problem) {
      this.refused(problem, null);
    } finally {
      this.busy(false);
    }
  }

  async freeze(codes, frozen) {
    try {
      this.done(await this.session.change('/freeze', {codes, frozen}));
      this.hint(t(frozen ? 'planner.frozen_now' : 'planner.unfrozen_now', {count: number(codes.length)}));
    } catch (problem) {
      this.refused(problem, null);
    }
  }

  async rebase() {
    try {
      const answer = await this.session.change('/rebase');
      await this.reload();
      const conflicts = answer.conflicts ?? [];
      if (conflicts.length) this.refusals.show(conflicts, t('planner.rebase_conflicts', {count: conflicts.length}));
      else notify(t('planner.rebased'), true);
    } catch (problem) {
      if (problem.body?.conflicts) this.refusals.show(problem.body.conflicts, problem.message);
      else this.refused(problem, null);
    }
  }

  /** Whether others went on with the draft, or a publication overtook it. */
  async look() {
    if (!this.draft || this.editor.busy || document.hidden) return;
    try {
      if (await this.session.look()) {
        notify(t('planner.moved_on'));
        await this.reload();
      }
    } catch (problem) {
      this.saving('failed');
    }
  }

  async published() {
    await this.reload();
    notify(t('planner.published_now'), true);
    this.tab('record');
  }

  state(draft) {
    document.body.classList.toggle('has-draft', Boolean(draft));
    byId('name').textContent = draft ? draft.name : t('planner.in_force');
    byId('scheme-choice').hidden = Boolean(draft);
    byId('undo').disabled = !draft?.can_undo;
    byId('redo').disabled = !draft?.can_redo;
    for (const button of document.querySelectorAll('.strip [data-draft]')) button.disabled = !draft || (button.id !== 'export' && draft.state !== 'open');
    byId('rehearse').hidden = !draft;
    byId('rebase').hidden = !draft?.overtaken || draft.state !== 'open';
    if (draft) byId('rehearse').href = `/planner/rehearsal?draft=${draft.id}`;
    const others = draft?.also_open ?? [];
    byId('others').hidden = !others.length;
    byId('others').textContent = others.length ? t('planner.also_open', {names: others.join('、')}) : '';
    if (!draft) this.saving(null);
    else if (draft.state !== 'open') this.chip(t(`planner.state_${draft.state}`), 'still');
    else if (!this.unsaved) this.chip(t('planner.saved', {version: draft.version, when: moment(draft.changed_at ?? new Date())}), 'good');
  }

  saving(what) {
    this.unsaved = what === 'saving' || what === 'failed';
    if (what === 'saving') this.chip(t('planner.saving'), 'soon');
    else if (what === 'failed') this.chip(t('planner.not_saved'), 'late');
    else if (what === null) this.chip(t('planner.look_only'), 'still');
  }

  chip(words, kind) {
    byId('saved').textContent = words;
    byId('saved').dataset.kind = kind;
  }

  async streets([west, south, east, north]) {
    if (!this.draft || east - west > STREETS_FROM) return;
    // A little wider than what is seen, so that a short pan asks nothing.
    if (this.ground && west >= this.ground[0] && south >= this.ground[1] && east <= this.ground[2] && north <= this.ground[3]) return;
    const [dx, dy] = [(east - west) / 3, (north - south) / 3];
    const box = [west - dx, south - dy, east + dx, north + dy];
    try {
      const found = await this.session.get(`/ground?bbox=${box.map(one => one.toFixed(6)).join(',')}`);
      this.ground = box;
      this.editor.showStreets((found.streets ?? found).features.filter(one => one.geometry.type.includes('LineString')));
    } catch (problem) {
      this.hint(problem.message, true);
    }
  }

  compare() {
    byId('compare').setAttribute('aria-pressed', String(this.editor.swipe.toggle()));
  }

  zoom(by) {
    const {view} = this.editor.frame;
    view.animate({zoom: view.getZoom() + by, duration: 180});
  }

  escape() {
    this.ask(null);
    this.trial.stop();
    this.refusals.clear();
    this.balance.suppose(null);
    this.paint();
    if (!this.editor.abort() && this.editor.tool !== 'edit') this.use('edit');
    else this.choose([]);
    this.hint();
  }

  dress() {
    const theme = document.body.dataset.theme === 'dark' ? 'light' : 'dark';
    document.body.dataset.theme = theme;
    localStorage.setItem(THEME, theme);
    this.editor.dress(theme);
    this.paint();
  }

  help() {
    openDialog({title: t('planner.help'), wide: true, body: [Tools.help(), make('p', {class: 'small', text: t('planner.help_text')})]});
  }

  tab(name) {
    for (const tab of document.querySelectorAll('#tabs [role=tab]')) {
      const here = tab.id === `tab-${name}`;
      tab.setAttribute('aria-selected', String(here));
      tab.tabIndex = here ? 0 : -1;
      byId(tab.getAttribute('aria-controls')).hidden = !here;
    }
    if (name === 'rules') this.draft ? showRules(this.session, answer => this.ruled(answer)) : byId('rules').replaceChildren(quiet('planner.rules_in_drafts'));
    if (name === 'record') showRecord(this.draft ? this.session : null, id => this.open(id), () => this.look());
  }

  walkTabs(event) {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!step) return;
    const tabs = [...document.querySelectorAll('#tabs [role=tab]')];
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    next.focus();
    this.tab(next.id.slice(4));
  }

  wait(on) {
    byId('waiting').hidden = !on;
  }

  shown() {
    this.wait(false);
    if (!this.draft) this.state(null);
    this.tools.show(this.editor.tool, this.editable);
    this.hint();
  }
}

const planner = new Planner();
window.planner = planner;
planner.start();
if (search.has('new')) newDraft(planner.choices());
