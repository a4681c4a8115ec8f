// WallPanels: a column of panels beside the map.
import css from './wall-panels.css';
import {addStyle, listen, make, translator} from './common.js';
import {figuresOf} from './panels/source.js';
import {Header} from './panels/header.js';
import {Figures} from './panels/figures.js';
import {Ranking} from './panels/ranking.js';
import {Newest} from './panels/newest.js';
import {Trend} from './panels/trend.js';
import {Classes} from './panels/classes.js';

const KINDS = {header: Header, figures: Figures, ranking: Ranking, trend: Trend, classes: Classes, newest: Newest};

function mount(column, kind, context) {
  if (kind === 'header') return new Header({...context, host: column});
  const body = make('div', {class: 'body'});
  const note = make('p', {class: 'note', text: context.text('wall.loading')});
  const section = make('section', {class: `panel ${kind}`, 'aria-label': context.text(`wall.panel_${kind}`)},
    make('h2', {text: context.text(`wall.panel_${kind}`)}), body, note);
  column.append(section);
  const panel = new KINDS[kind]({...context, host: body});
  const say = key => { note.hidden = !key; section.classList.toggle('waiting', Boolean(key)); if (key) note.textContent = context.text(key); };
  return {
    ...panel,
    show(figures) { section.classList.toggle('stale', Boolean(figures.stale_since)); say(panel.isEmpty?.(figures) ? `wall.empty_${kind}` : null); panel.show(figures); },
    fail(known) { if (!known) say('wall.figures_failed'); section.classList.toggle('stale', known); },
    live(row) { panel.live?.(row); },
    close() { panel.close?.(); },
  };
}

export function render({model, el}) {
  addStyle(el, css);
  const column = make('div', {class: 'column'});
  el.append(column);
  const context = {text: translator(model.texts), lang: model.lang, appearance: model.appearance, title: model.title, colours: model.class_colours, scheme: model.scheme};
  const panels = model.panels.map(kind => mount(column, kind, context));
  const source = figuresOf(model.scheme, model.interval_seconds * 1000);
  const stops = [
    source.subscribe({
      show: figures => panels.forEach(panel => panel.show(figures)),
      fail: known => panels.forEach(panel => panel.fail?.(known)),
    }),
    listen('incident', row => panels.forEach(panel => panel.live?.(row))),
  ];
  model.on('remove', () => { stops.forEach(stop => stop()); panels.forEach(panel => panel.close?.()); });
}

export default {render};
