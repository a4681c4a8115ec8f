// WallMap: deck.gl within MapLibre, fed by this browser from its own host.
import maplibregl from 'maplibre-gl/dist/maplibre-gl-csp.js';
import mapCss from 'maplibre-gl/dist/maplibre-gl.css';
import css from './wall-map.css';
import menuCss from './layer-menu.css';
import {addStyle, listen, make, meetingPoint, translator} from './common.js';
import {Scene} from './map/scene.js';
import {Feed} from './map/feed.js';
import {Camera} from './map/camera.js';
import {Marks} from './map/marks.js';
import {Drawer} from './map/drawer.js';
import {Banner, Tooltip, makeHelp} from './map/notices.js';
import {Legend} from './map/legend.js';
import {LayerMenu} from './map/layer-menu.js';
import {bindKeys} from './map/keys.js';

function frame(model, el) {
  addStyle(el, mapCss);
  addStyle(el, css);
  addStyle(el, menuCss);
  const stage = make('div', {class: 'stage'});
  const box = make('div', {class: 'box'}, stage);
  const over = make('div', {class: 'over'});
  el.append(box, make('div', {class: 'shade', 'aria-hidden': 'true'}), over);
  return {box, stage, over};
}

/** Everything on the stage is drawn for a screen 1920 wide and enlarged as a whole. */
function keepSize(box, stage, onSize) {
  const fit = () => {
    const unit = Math.max(0.5, parseFloat(getComputedStyle(document.documentElement).fontSize) / 16);
    const {clientWidth: width, clientHeight: height} = box;
    if (!width || !height) return;
    stage.style.width = `${width / unit}px`;
    stage.style.height = `${height / unit}px`;
    stage.style.transform = `scale(${unit})`;
    onSize(unit);
  };
  const observer = new ResizeObserver(fit);
  observer.observe(box);
  fit();
  return () => observer.disconnect();
}

async function run({model, el}) {
  const text = translator(model.texts);
  const {box, stage, over} = frame(model, el);
  const banner = new Banner({host: over, lang: model.lang, text});
  let scene;
  const stopSize = keepSize(box, stage, unit => scene?.resize(unit));
  scene = await Scene.open({maplibregl, stage, model, banner});
  const {map, store} = scene;
  const point = meetingPoint();
  const marks = new Marks(map);
  const sign = make('p', {class: 'tour-sign', hidden: true});
  const camera = new Camera(map, {
    tourIdleMinutes: model.tour_idle_minutes, emergencySeconds: model.emergency_seconds,
    onTour: street => { sign.hidden = !street; if (street) sign.textContent = text('wall.tour', {name: street.name}); },
  });
  camera.streets = scene.start.streets ?? [];
  const drawer = new Drawer({host: over, lang: model.lang, text, onClose: () => marks.select()});
  const {factory, switches} = scene.layers;
  const tooltip = new Tooltip({
    host: stage, lang: model.lang, text, store, classes: model.classes, loads: factory.loads,
    officers: () => factory.data.found.trails, cells: () => factory.kept.hexagons?.counted,
  });
  const openCard = id => {
    const row = store.get(id);
    if (row) marks.select(row.lon, row.lat);
    drawer.open(id, row && model.classes[row.c]);
  };
  const toggleHelp = () => { help.hidden = !help.hidden; };
  const help = makeHelp({text, onClose: toggleHelp});
  const legend = new Legend({groups: model.legend, text});
  const menu = new LayerMenu({host: over, text, switches});
  factory.onLegend = (name, entries) => legend.set(name, entries);
  scene.layers.onChange = () => { menu.show(); legend.show(scene.layers.legends(), scene.layers.notes()); };
  scene.layers.feed();
  scene.layers.onChange();
  over.append(legend.element, sign, help);
  scene.onHover = info => tooltip.show(info);
  scene.onPick = index => openCard(store.rows[index].id);
  const feed = new Feed({model, scene, marks, camera, banner, text, openCard});
  map.on('zoomend', () => { if (switches.has('hexagons')) scene.draw(); });
  map.on('movestart', () => tooltip.show({picked: false}));
  const stops = [
    stopSize,
    bindKeys({map, camera, toggleHelp, layers: scene.layers.keys(), toggleMenu: () => menu.turn(), closeAll: () => { help.hidden = true; menu.turn(false); drawer.close(); }}),
    listen('open-incident', openCard),
    listen('visit-area', ({lon, lat}) => { camera.touch(); camera.fly({center: [lon, lat], zoom: 15}); }),
  ];
  Object.assign(point, {
    counts: () => ({incidents: store.length, areas: factory.loads.size, pulses: marks.pulses.length}),
    camera: () => camera.view(),
    settled: () => scene.isSettled(),
    incident: id => store.get(id) ?? null,
    map, deck: scene.overlay, layers: {shown: () => switches.shown().map(({name}) => name), show: names => switches.show(names)},
  });
  model.on('remove', () => {
    [...stops, () => feed.close(), () => camera.close(), () => marks.close(), () => menu.close(), () => scene.close()].forEach(stop => stop());
  });
  await feed.open();
  point.loaded();
}

export function render({model, el}) {
  run({model, el}).catch(error => {
    const text = translator(model.texts);
    el.append(make('p', {class: 'fatal', role: 'alert', text: text('wall.map_failed')}));
    console.error(error);
  });
}

export default {render};
