// The boundaries in force: their shapes, their figures, and the names of what lies above.
import {api} from './common.js';
import {compactness, figuresOf} from './planner_figures.js';

const ABOVE = ['street', 'community'];

/** `{features, rows, parents, places}` of a scheme; parents are names by code. */
export async function loadInForce(scheme) {
  const of = `scheme=${encodeURIComponent(scheme)}`;
  const [shapes, grids, ...above] = await Promise.all([
    api(`/api/desk/shapes?${of}`), api(`/api/desk/grids?${of}`), ...ABOVE.map(level => api(`/api/wall/areas?${of}&level=${level}`))]);
  const known = new Map(grids.map(row => [row.code, row]));
  return {
    features: shapes.features,
    rows: shapes.features.map(({geometry, properties}) => ({...properties, ...figuresOf({...known.get(properties.key), compactness: compactness(geometry)})})),
    parents: new Map(grids.filter(row => row.parent_code).map(row => [row.parent_code, row.parent])),
    places: above.flatMap((rows, at) => rows.map(row => ({...row, level: ABOVE[at]}))),
  };
}
