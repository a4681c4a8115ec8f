// The storeys of a building, from what the address library knows of it.
const FLOOR_M = 3;
const MOST = 150;
// A low building is drawn higher than it is, so that its floors can be told apart.
const SQUAT = 0.55;
const STRETCH = 1.7;

/** `{low, high, storey_m}`: the lowest and the highest storey (−1 is the first under ground; there is no 0), and how high each is in metres. */
export function extent({floors, height_m}, numbers) {
  const given = floors || (height_m ? Math.round(height_m / FLOOR_M) : 0);
  const high = Math.min(MOST, Math.max(1, given, ...numbers));
  const low = Math.max(-9, Math.min(1, ...numbers.filter(one => one < 0)));
  // A height that storeys can't have is an error of the survey, and would draw a needle or a plate.
  const each = height_m && floors ? height_m / floors : FLOOR_M;
  return {low, high, storey_m: each >= 2 && each <= 12 ? each : FLOOR_M};
}

/** All storeys from the lowest up: `{storey, z, label, houses}`; `floors` are the page's, `{floor, storey, houses}` each. */
export function storeys(place, floors) {
  const known = floors.filter(one => one.storey);
  const {low, high, storey_m} = extent(place, known.map(one => one.storey));
  const found = [];
  for (let storey = low; storey <= high; storey++) {
    if (!storey) continue;
    const here = known.filter(one => one.storey === storey);
    const z = (storey < 0 ? storey : storey - 1) * storey_m;
    found.push({storey, z, top: z + storey_m, label: here[0]?.floor ?? String(storey), houses: here.flatMap(one => one.houses)});
  }
  return found;
}

/** How much higher a building of a height is to be drawn over a plan of a length. */
export const stretch = (height, length) => Math.min(STRETCH, Math.max(1, (SQUAT * length) / height));

/** What a floor's houses come to: how many, how many people live there, how many are let and vacant. */
export function counts(houses) {
  const sum = name => houses.reduce((total, one) => total + (one[name] ?? 0), 0);
  const those = kind => houses.filter(one => one.occupancy === kind).length;
  return {houses: houses.length, people: sum('actual_residents'), let: those('let'), vacant: those('vacant'), enterprises: sum('enterprises')};
}
