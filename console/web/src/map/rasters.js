// What rasters add to the ground's style: a picture that is asked for, and the relief of heights.
const HEIGHTS = ['hillshade', 'terrain'];
const COVERED = ['plaza', 'green', 'water'];

function source({name, min_zoom: minzoom, max_zoom: maxzoom, bounds}, drawn) {
  const query = drawn ? `?style=${drawn}` : '';
  return {tiles: [`/tiles/raster/${name}/{z}/{x}/{y}.png${query}`], tileSize: 256, minzoom, maxzoom, bounds};
}

/**
 * A style with the rasters that its reader may see: the picture named `ground` in place of blocks,
 * parks and water, and the first raster of heights as relief. Without them it stays as it is.
 */
export function withRasters(style, rasters, ground) {
  const {picture, relief} = style.metadata;
  const shown = ground && rasters.find(({name}) => name === ground);
  const heights = rasters.find(({name, style: drawn}) => HEIGHTS.includes(drawn) && name !== ground);
  const sources = {...style.sources};
  const [blocks, ...rest] = style.layers;
  const under = [];
  if (shown) {
    sources.picture = {type: 'raster', ...source(shown)};
    under.push(...picture);
  }
  if (heights) {
    sources.relief = {type: 'raster-dem', encoding: 'mapbox', ...source(heights, 'terrain')};
    under.push(relief);
  }
  const open = shown ? rest.map(layer => (COVERED.includes(layer.id) ? {...layer, paint: {...layer.paint, 'fill-opacity': 0}} : layer)) : rest;
  return {...style, sources, layers: [blocks, ...under, ...open]};
}
