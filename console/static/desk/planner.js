// The planner's table: the boundaries in force, or a draft of them that the hand redraws.
import {api, byId, make, notify, number, t, told} from './common.js';
import {Live} from './live.js';
import {Balance, showChosen} from './planner_balance.js';
import {askFor, openDialog} from './planner_dialog.js';
import {draftsDialog} from './planner_drafts.js';
import {MEASURES, figuresOf} from './planner_figures.js';
import {exportDialog, importDialog} from './planner_files.js';
import {Hand} from './planner_hand.js';
import {showHealth} from './planner_health.js';
import {loadInForce} from './planner_in_force.js';
import {proposalsDialog} from './planner_proposals.js';
import {publishDialog} from './planner_publish.js';
import {showRecord} from './planner_record.js';
import {Refusals} from './planner_refusals.js';
import {brokenBy, showRules} from './planner_rules.js';
import {Session} from './planner_session.js';
import {bindTabs, showSaving, showState, showTab} from './planner_strip.js';
import {Tools} from './planner_tools.js';
import {onStyle, style} from './style.js';

const {Editor} = await import(told.editor);
// Streets are asked for only where what is seen is this narrow, in degrees.
const STREETS_FROM = 0.045;
const LOOK_MS = 15_000;
const AGAIN_MS = 5000;
const search = new URLSearchParams(location.search);

class Planner {
  constructor() {
    Object.assign(this, {rows: [], before: new Map(), violations: [], parents: new Map(), schemes: []});
    this.session = new Session({state: draft => showState(draft), saving: what => this.saving(what)});
    this.hand = new Hand(this);
    this.editor = new Editor({target: byId('map'), bar: byId('bar'), theme: style(), on: {
      ...this.hand.hears(), choose: keys => this.choose(keys), hover: key => this.say(key), view: extent => this.streets(extent), tiles: () => notify(t('planner.tiles_failed')),
    }});
    this.refusals = new Refusals(this.editor);
    this.balance = new Balance({choose: key => this.choose([key], true)});
    this.tools = new Tools(this.keys());
    this.bind();
  }

  get draft() {
    return this.session.draft;
  }

  get chosen() {
    return [...this.editor.state.chosen];
  }

  name = key => this.rows.find(row => row.key === key)?.name ?? key;

  keys() {
    const {hand} = this;
    return {
      use: tool => hand.use(tool), undo: () => hand.step('undo'), redo: () => hand.step('redo'), escape: () => hand.escape(), enter: () => hand.enter(),
      takeAway: () => this.editor.takeAway(), compare: () => this.compare(), whole: () => this.editor.fit(), help: () => this.help(),
    };
  }

  bind() {
    const on = (id, act, event = 'click') => byId(id).addEventListener(event, act);
    on('drafts', () => draftsDialog({open: id => this.open(id), leave: () => this.leave(), schemes: this.schemes, scheme: byId('scheme').value}));
    on('rename', () => this.rename());
    on('undo', () => this.hand.step('undo'));
    on('redo', () => this.hand.step('redo'));
    on('measure', () => this.paint(), 'change');
    on('scheme', () => this.inForce(), 'change');
    on('compare', () => this.compare());
    on('rebase', () => this.rebase());
    on('import', () => importDialog(this.session, () => this.reload()));
    on('export', () => exportDialog(this.session));
    on('proposals', () => proposalsDialog(this.session, this.places, () => this.reload()));
    on('publish', () => publishDialog(this.session, () => this.published()));
    on('help-open', () => this.help());
    on('zoom-in', () => this.editor.zoom(1));
    on('zoom-out', () => this.editor.zoom(-1));
    on('zoom-all', () => this.editor.fit());
    onStyle(now => { this.editor.dress(now); this.paint(); });
    bindTabs(name => this.tab(name));
    byId('measure').append(...Object.keys(MEASURES).map(key => make('option', {value: key, text: t(`planner.by_${key}`), selected: key === 'actual'})));
    addEventListener('beforeunload', event => { if (this.unsaved) event.preventDefault(); });
    setInterval(() => this.look(), LOOK_MS);
  }

  async start() {
    try {
      const [{schemes}, live] = await Promise.all([api('/api/wall/start'), api('/api/wall/incidents')]);
      this.schemes = schemes;
      const asked = search.get('scheme') ?? 'base';
      byId('scheme').replaceChildren(...schemes.map(one => make('option', {value: one.code, text: t(`desk.scheme_${one.code}`, {otherwise: one.name}), selected: one.code === asked})));
      byId('drafts').disabled = false;
      this.live ??= new Live({onIncident: () => {}, onArea: () => this.overtaken(), onResync: () => this.overtaken()});
      this.live.start(`${live.epoch}-${live.sequence}`);
      await (search.get('draft') ? this.open(search.get('draft')) : this.inForce());
      notify();
    } catch (problem) {
      notify(problem.message);
      setTimeout(() => this.start(), AGAIN_MS);
    }
  }

  /** A publication anywhere changes what is in force, and may overtake the draft. */
  overtaken() {
    return this.draft ? this.look() : this.inForce(false);
  }

  /** The boundaries in force, to be looked at. */
  async inForce(fit = true) {
    const scheme = byId('scheme').value;
    byId('waiting').hidden = !fit;
    const {features, rows, parents, places} = await loadInForce(scheme);
    if (this.draft || byId('scheme').value !== scheme) return;
    Object.assign(this, {parents, places, violations: [], before: new Map()});
    this.editor.show(features);
    this.editor.showPlaces(places);
    this.editor.allow(false);
    this.put(rows);
    if (fit) this.editor.fit();
    this.shown();
    await showHealth(scheme, this.editor);
  }

  async open(id) {
    byId('waiting').hidden = false;
    try {
      if (!this.parents.size) await this.inForce();
      byId('waiting').hidden = false;
      this.take(await this.session.open(id));
      byId('scheme').value = this.draft.scheme;
      history.replaceState(null, '', `/planner?draft=${encodeURIComponent(id)}`);
      this.editor.fit();
      this.shown();
      this.streets(this.editor.extent());
    } catch (problem) {
      this.leave();
      notify(problem.message);
    }
  }

  take([coverage, base]) {
    const before = new Map(base.features.map(one => [one.properties.key, {...one.properties, ...figuresOf(one.properties)}]));
    this.before = before;
    this.violations = coverage.violations;
    this.editor.show(coverage.features, base.features);
    this.editor.allow(this.hand.editable);
    this.put(coverage.features.map(one => this.rowOf(one.properties)));
    if (coverage.defects?.length) this.refusals.show(coverage.defects, t('planner.base_defects', {count: number(coverage.defects.length)}));
  }

  rowOf({key, name, parent_code, frozen, ...figures}) {
    return {key, name, parent_code, frozen, ...figuresOf(figures)};
  }

  async reload() {
    try {
      this.take(await this.session.open(this.draft.id));
      this.shown();
    } catch (problem) {
      notify(problem.message);
    }
  }

  leave() {
    this.session.close();
    history.replaceState(null, '', '/planner');
    this.refusals.clear();
    this.hand.use('edit');
    this.inForce().catch(problem => notify(problem.message));
  }

  put(rows) {
    this.rows = rows;
    const broken = brokenBy(this.violations);
    for (const row of rows) Object.assign(row, {broken: broken.has(row.key), changed: this.editor.state.changed.has(row.key)});
    this.editor.light({broken, frozen: rows.filter(row => row.frozen).map(row => row.key)});
    this.balance.show(rows, this.before);
    this.paint();
    this.card();
    if (!this.draft) return;
    for (const name of ['health', 'record']) if (!byId(`panel-${name}`).hidden) this.fill(name);
  }

  visit({keys, place}) {
    this.choose(keys, !place);
    if (place) this.editor.look(place);
  }

  paint(rows = this.rows, violations = this.violations, supposed = false) {
    const measure = byId('measure').value;
    const {value, words} = MEASURES[measure];
    const before = this.before.size ? this.before : new Map(this.rows.map(row => [row.key, row]));
    const legend = this.editor.colourBy(new Map(rows.map(row => [row.key, value(row)])), new Map([...before].map(([key, row]) => [key, value(row)])), words);
    byId('legend').replaceChildren(...legend.map(([colour, from, to]) => make('span', {}, make('i', {style: `background:${colour}`}),
      from === undefined ? (to === undefined ? t('planner.all_equal') : `< ${words(to)}`) : to === undefined ? `≥ ${words(from)}` : `${words(from)} – ${words(to)}`)));
    this.balance.totals(rows, measure, {colour: one => this.editor.scale.colour(one), broken: brokenBy(violations).size, supposed});
  }

  choose(keys, fly = false) {
    this.editor.choose(keys);
    this.balance.choose(keys.length === 1 ? keys[0] : null);
    if (fly) this.editor.fit(keys);
    this.card();
    if (this.editor.tool === 'merge') this.hand.hint(t('planner.merge_count', {count: number(keys.length)}));
  }

  card() {
    const key = this.chosen.length === 1 ? this.chosen[0] : null;
    const row = key && this.rows.find(one => one.key === key);
    showChosen({
      row, was: this.before.get(key), parent: row && (this.parents.get(row.parent_code) ?? row.parent_code), editable: this.hand.editable,
      broken: this.violations.filter(one => one.keys.includes(key)).map(one => one.message),
      rename: (code, name) => name && this.hand.operate({op: 'rename', code, name}), freeze: (codes, frozen) => this.hand.freeze(codes, frozen),
      fly: () => this.editor.fit([key]), close: () => this.choose([]),
    });
  }

  /** What the hand is over: its name and the figure that colours it. */
  say(key) {
    const row = key && this.rows.find(one => one.key === key);
    const measure = byId('measure').value;
    byId('under').textContent = row ? `${row.name} · ${t(`planner.by_${measure}`)} ${MEASURES[measure].words(MEASURES[measure].value(row))}` : '';
  }

  /** What an operation, an undo or a redo has changed. */
  changed({changed, removed, frozen, violations, ...draft}) {
    this.session.told({...draft, changed_at: new Date().toISOString()});
    this.editor.patch(changed.features, removed);
    const rows = new Map(this.rows.filter(row => !removed.includes(row.key)).map(row => [row.key, {...row, frozen: frozen.includes(row.key)}]));
    for (const {properties} of changed.features) rows.set(properties.key, this.rowOf(properties));
    this.violations = violations;
    this.put([...rows.values()].sort((a, b) => (a.key < b.key ? -1 : 1)));
  }

  /** Figures as they would be if the hand let go; null gives back what is. */
  supposed(answer) {
    const rows = this.balance.suppose(answer && new Map(Object.entries(answer.figures).map(([key, raw]) => [key, figuresOf(raw)])), answer?.removed);
    const violations = answer?.violations ?? this.violations;
    this.editor.light({broken: brokenBy(violations)});
    this.paint(rows, violations, Boolean(answer));
  }

  /** Onto the boundaries in force; what can't be carried over there is told in its place, and left out on a second word. */
  async rebase(drop = false) {
    try {
      const {dropped} = await this.session.change('/rebase', {drop});
      await this.reload();
      notify(dropped.length ? t('planner.rebased_without', {count: number(dropped.length)}) : t('planner.rebased'), true);
    } catch (problem) {
      const conflicts = problem.body?.conflicts;
      if (!conflicts) return void this.hand.refused(problem, null);
      this.saving('saved');
      this.refusals.show(conflicts, t('planner.rebase_conflicts', {count: number(conflicts.length)}));
      this.hand.ask(t('planner.rebase_drop'), [[t('planner.rebase_without'), () => this.rebase(true)]]);
    }
  }

  rename() {
    askFor({title: t('planner.rename_draft'), words: t('planner.draft_name'), value: this.draft.name, take: async name => { this.session.told(await this.session.change('', {name}, 'PATCH')); }});
  }

  /** Whether others went on with the draft, or a publication overtook it. */
  async look() {
    if (!this.draft || this.editor.busy || document.hidden) return;
    try {
      if (!await this.session.look()) return;
      notify(t('planner.moved_on_by_others'));
      await this.reload();
    } catch (problem) {
      this.saving('failed');
    }
  }

  async published() {
    await this.reload();
    notify(t('planner.published_now'), true);
    this.tab('record');
  }

  saving(what) {
    this.unsaved = what === 'saving' || what === 'failed';
    if (this.unsaved) showSaving(what);
    else showState(this.draft);
  }

  async streets([west, south, east, north]) {
    const {ground} = this;
    if (!this.draft || east - west > STREETS_FROM) return;
    // A little wider than what is seen is asked for, so that a short way asks nothing.
    if (ground && west >= ground[0] && south >= ground[1] && east <= ground[2] && north <= ground[3]) return;
    const [dx, dy] = [(east - west) / 3, (north - south) / 3];
    this.ground = [west - dx, south - dy, east + dx, north + dy];
    try {
      const {features} = await this.session.get(`/ground?bbox=${this.ground.map(one => one.toFixed(6)).join(',')}`);
      this.editor.streets.show(features.filter(one => one.properties.kind === 'street'));
    } catch (problem) {
      this.ground = null;
      this.hand.hint(problem.message, true);
    }
  }

  compare() {
    byId('compare').setAttribute('aria-pressed', String(this.editor.swipe.toggle()));
  }

  help() {
    openDialog({title: t('planner.help'), wide: true, body: [Tools.help(), make('p', {class: 'small', text: t('planner.help_text')})]});
  }

  tab(name) {
    showTab(name);
    this.fill(name);
  }

  /** What a panel shows, once it is looked at. */
  fill(name) {
    if (name === 'health' && this.draft) showHealth(this.draft.scheme, this.editor, {draft: this.draft, violations: this.violations, fly: one => this.visit(one)});
    if (name === 'rules') showRules(this.session, answer => { this.session.told({version: answer.version}); this.violations = answer.violations; this.put(this.rows); });
    if (name === 'record') showRecord(this.draft ? this.session : null, () => this.overtaken());
  }

  shown() {
    byId('waiting').hidden = true;
    showState(this.draft);
    this.tools.show(this.editor.tool, this.hand.editable);
    this.hand.hint();
  }
}

const planner = new Planner();
window.gridwall = {planner};
planner.start();
