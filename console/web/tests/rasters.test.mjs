import assert from 'node:assert/strict';
import {test} from 'node:test';
import {awaitFonts} from '../src/map/glyphs.js';
import {withRasters} from '../src/map/rasters.js';

const STYLE = {
  metadata: {picture: [{id: 'picture'}, {id: 'veil'}], relief: {id: 'relief'}}, sources: {ground: {}},
  layers: [{id: 'blocks'}, {id: 'green', paint: {'fill-color': 'red'}}, {id: 'roads'}],
};
const ORTHO = {name: 'ortho', style: 'image', min_zoom: 3, max_zoom: 17, bounds: [120, 30, 121, 31]};
const HEIGHTS = {...ORTHO, name: 'dem', style: 'hillshade'};
const ids = style => style.layers.map(layer => layer.id);

test('without rasters the ground stays as it is', () => {
  assert.deepEqual(withRasters(STYLE, [], 'ortho'), STYLE);
  assert.deepEqual(withRasters(STYLE, [ORTHO], ''), STYLE);
});

test('a picture that is asked for takes the place of parks and water', () => {
  const style = withRasters(STYLE, [ORTHO], 'ortho');
  assert.deepEqual(ids(style), ['blocks', 'picture', 'veil', 'green', 'roads']);
  assert.equal(style.layers[3].paint['fill-opacity'], 0);
  assert.deepEqual(style.sources.picture, {
    type: 'raster', tiles: ['/tiles/raster/ortho/{z}/{x}/{y}.png'], tileSize: 256, minzoom: 3, maxzoom: 17, bounds: ORTHO.bounds,
  });
  assert.equal(STYLE.layers[1].paint['fill-opacity'], undefined);
});

test('heights that are loaded give the ground its relief, whatever is asked for', () => {
  const style = withRasters(STYLE, [HEIGHTS, ORTHO], '');
  assert.deepEqual(ids(style), ['blocks', 'relief', 'green', 'roads']);
  assert.equal(style.sources.relief.encoding, 'mapbox');
  assert.match(style.sources.relief.tiles[0], /\?style=terrain$/);
  assert.deepEqual(ids(withRasters(STYLE, [HEIGHTS, ORTHO], 'ortho')), ['blocks', 'picture', 'veil', 'relief', 'green', 'roads']);
});

test('a map draws no character before its font has come, and all the same when it does not', async t => {
  t.mock.method(console, 'warn', () => {});
  const steps = [];
  const fonts = {load: async (font, text) => { steps.push([font, text]); if (text === '州') throw new Error('no such slice'); }};
  const map = {style: {glyphManager: {getGlyphs: async wanted => { steps.push('drawn'); return wanted; }}}};
  awaitFonts(map, fonts);
  const wanted = {'Noto Sans SC,Arial': [0x676d, 0x0031]};
  assert.equal(await map.style.glyphManager.getGlyphs(wanted), wanted);
  await map.style.glyphManager.getGlyphs({a: [0x5dde]});
  assert.deepEqual(steps, [['24px "Noto Sans SC", "Arial"', '杭1'], 'drawn', ['24px "a"', '州'], 'drawn']);
});
