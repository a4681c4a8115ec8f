// One place: what it is, where, who answers there, what is open; its QR code and what may be done.
import {api, byId, deadline, make, named, number, query, t, told} from './common.js';
import {BuildingView, legend} from './building.js';
import {Floors} from './floors.js';
import {showLibrary} from './library.js';
import {GridMap} from './map.js';
import {storeys} from './storeys.js';

const {place} = told;
const area = !['building', 'house'].includes(place.kind);
const at = code => `/place/${encodeURIComponent(code)}`;
const print = (kind, perPage) => `/api/plates/${encodeURIComponent(place.code)}.pdf?${query({kind, per_page: perPage, lang: told.lang})}`;

document.title = `${place.name} · ${document.title}`;
byId('name').textContent = place.name;
byId('kind').textContent = named('place.kind', place.kind);
byId('code').append(...told.groups.map(group => make('span', {text: group})));
byId('path').replaceChildren(...(place.path ?? []).flatMap((step, index) => [
  index ? ' › ' : null, step.code === place.code ? step.name : make('a', {href: at(step.code), text: step.name})]).filter(Boolean));

const metres = value => (value === null || value === undefined ? null : `${number(value)} m`);
const facts = [
  ['building', place.building_code && make('a', {href: at(place.building_code), text: place.building_name ?? place.building_code})],
  ['road', place.road && [place.road, place.road_number].filter(Boolean).join(' ')], ['compound', place.compound], ['use', place.use && t(`place.use.${place.use}`, {otherwise: place.use})],
  ['building_number', place.building_number], ['unit', place.unit], ['floor', place.floor], ['room', place.room],
  ['floors', place.floors], ['height', metres(place.height_m)],
  ['registered', place.registered_residents && number(place.registered_residents)], ['actual', place.actual_residents && number(place.actual_residents)],
  ['point', `${place.lon.toFixed(6)}, ${place.lat.toFixed(6)}`],
].filter(([, value]) => value !== null && value !== undefined && value !== '');
byId('facts').append(...facts.map(([name, value]) => make('div', {}, make('dt', {text: t(`place.${name}`)}), make('dd', {}, value))));

byId('qr').src = `/api/qr/${encodeURIComponent(place.code)}.svg`;
byId('only-here').hidden = !told.only_here;
const grid = area ? place.code : place.path?.at(-1)?.code;
const plates = area
  ? [place.kind === 'grid' && ['plate', print('grid', 1)], ['plates_house', print('house', 8)], ['plates_building', print('building', 8)], place.kind !== 'grid' && ['plates_grid', print('grid', 4)]]
  : [['plate', print(place.kind, 1)], place.kind === 'building' && ['plates_house', print('house', 8)]];
byId('doors').append(...[
  told.doors.report && ['report', `/report?${query({code: place.code})}`, 'primary'],
  told.doors.street && grid && ['desk', `/street?${query({area: grid, building: place.kind === 'building' ? place.code : place.building_code, house: place.kind === 'house' ? place.code : null})}`], ...plates,
].filter(Boolean).map(([name, href, style]) => make('a', {class: `button ${style ?? ''}`, href, text: t(`place.${name}`), target: href.startsWith('/api/') ? '_blank' : null})));

const around = told.around;
const map = new GridMap(byId('map'), {label: t('place.where'), choose: key => { if (key.startsWith('building:')) location.assign(at(key.slice(9))); }});
const keys = around.shapes.map((shape, index) => `${shape.kind}:${shape.code ?? index}`);
map.draw({...around, areas: around.shapes.map(({d}, index) => ({code: keys[index], d}))});
const own = new Set([`area:${place.code}`, `building:${place.code}`, `building:${place.building_code}`, ...told.children.map(one => `area:${one.code}`)]);
around.shapes.forEach((shape, index) => {
  const path = map.shapes.get(keys[index]);
  path.setAttribute('class', `shape ${shape.kind}`);
  if (shape.kind === 'road') path.style.strokeWidth = Math.max((shape.width_m ?? 4) * 1.15, around.width / 260);
  if (own.has(keys[index])) path.classList.add('chosen');
  if (shape.name && shape.kind !== 'area') path.append(Object.assign(document.createElementNS('http://www.w3.org/2000/svg', 'title'), {textContent: shape.name}));
});
map.full = told.view;
map.whole();
if (!area) map.mark([place]);

async function showOfficer() {
  const where = area ? {lon: place.lon, lat: place.lat, datum: 'cgcs2000', scheme: place.scheme} : {code: place.code};
  if (area && !place.leaf) {
    byId('officer').replaceChildren(make('p', {class: 'small', text: t('place.many_officers')}));
    return;
  }
  try {
    const {assignments} = await api(`/api/locate?${query(where)}`);
    byId('officer').replaceChildren(...assignments.map(({scheme, area: ground, officer, why}) => make('details', {},
      make('summary', {}, make('b', {text: officer?.name ?? t('desk.no_officer')}), ` ${named('role', officer?.role)} · ${t(`desk.scheme_${scheme}`, {otherwise: scheme})} · `,
        ground ? make('a', {href: at(ground.code), text: ground.name}) : t('desk.no_area')),
      make('ul', {class: 'why'}, ...(why ?? []).map(line => make('li', {text: line}))))));
  } catch (problem) {
    byId('officer').replaceChildren(make('p', {class: 'small', text: problem.message}));
  }
}

byId('matters-title').append(make('output', {text: ` ${number(told.total)}`}));
byId('matters').append(...(told.matters.length ? told.matters.map(row => make('li', {},
  make('span', {class: `tag u${row.urgency}`, text: named('state', row.state)}), make('b', {text: row.summary || '—'}), deadline(row), make('span', {class: 'small', text: `${named('class', row.class)} · ${row.id}`}))) : [make('li', {class: 'small', text: t('place.no_matters')})]));

// What the library knows of a building or house is read once, for its facts and for its floors.
const known = area ? null : api(`/api/${place.kind}s/${encodeURIComponent(place.code)}`);

/** The storeys drawn, their houses told; `?floor=` is the one that lies open. */
function showStoreys() {
  const all = storeys(place, told.floors);
  const show = storey => {
    words.show(all.find(one => one.storey === storey) ?? null);
    const address = new URL(location.href);
    if (storey === null) address.searchParams.delete('floor');
    else address.searchParams.set('floor', storey);
    history.replaceState(history.state, '', address);
  };
  const words = new Floors(byId('children'), {floors: told.floors, choose: storey => view.choose(storey), step: by => view.step(by)});
  byId('children').classList.add('floors-words');
  const picture = make('div', {class: 'picture'});
  byId('drawing').append(picture, legend(), make('p', {class: 'small note', text: t('place.storeys_note')}));
  byId('drawing').hidden = false;
  byId('within').classList.add('sliced');
  byId('within').hidden = false;
  const view = new BuildingView(picture, {place, storeys: all, choose: show, open: code => location.assign(at(code))});
  const asked = Number(new URLSearchParams(location.search).get('floor'));
  if (all.some(one => one.storey === asked)) view.choose(asked);
  const waiting = make('p', {class: 'small note', role: 'status', text: t('desk.loading')});
  byId('drawing').append(waiting);
  const ready = () => waiting.remove();
  known.then(ready, ready);
  return known.then(({floors}) => {
    const dwellings = new Map(floors.flatMap(({houses}) => houses).map(one => [one.house_code, one]));
    for (const house of told.floors.flatMap(({houses}) => houses)) Object.assign(house, {...dwellings.get(house.code), code: house.code});
    view.learn();
    words.show();
  });
}

if (place.kind === 'building') {
  byId('within-title').textContent = t('place.floors_and_houses');
  showStoreys().catch(problem => byId('children').append(make('p', {class: 'small late', role: 'status', text: problem.message})));
} else if (told.children.length) {
  byId('within-title').textContent = t(place.leaf ? 'place.buildings' : 'place.children', {count: number(told.children.length)});
  byId('children').append(make('div', {class: 'rooms'}, ...told.children.map(one => make('a', {class: 'room', href: at(one.code), text: one.name}))));
}
if (byId('children').childElementCount) byId('within').hidden = false;
showOfficer();
if (!area) {
  showLibrary(byId('library').lastElementChild, place, known).then(() => { byId('library').hidden = false; }, problem => {
    byId('library').lastElementChild.append(make('p', {class: 'small', text: problem.message}));
    byId('library').hidden = false;
  });
}
