// Dresses extruded polygons: dark at the foot and along upright edges, bright at the top, windows by storey when near.
import {LayerExtension} from '@deck.gl/core';

const uniforms = `
layout(std140) uniform cityUniforms {
  float night;
  float foot;
  float roof;
  float edge;
  float rim;
  float windows;
  float tinted;
} city;
`;
const floats = ['night', 'foot', 'roof', 'edge', 'rim', 'windows', 'tinted'];
// A building in the dark; a layer's own `look` says what is otherwise.
const LOOK = {night: true, foot: 0.34, roof: 0.54, edge: 0.5, rim: 1, windows: 1};

export class CityLights extends LayerExtension {
  static extensionName = 'CityLights';
  static defaultProps = {night: 0.6, look: {type: 'object', value: LOOK}, tint: 'height'};

  getShaders() {
    return {
      modules: [{name: 'city', vs: uniforms, fs: uniforms, uniformTypes: Object.fromEntries(floats.map(name => [name, 'f32']))}],
      inject: {
        'vs:#decl': `
out float city_metres;
out float city_top;
out float city_wall;
out float city_along;
out vec2 city_ground;
`,
        'vs:#main-end': `
  city_top = elevations * solidPolygon.elevationScale;
#ifdef IS_SIDE_VERTEX
  city_along = positions.x;
#else
  city_along = 0.5;
#endif
`,
        'vs:DECKGL_FILTER_COLOR': `
  city_metres = geometry.position.z / project.commonUnitsPerMeter.z;
  city_wall = abs(geometry.normal.z) < 0.5 ? 1.0 : 0.0;
  city_ground = geometry.worldPosition.xy * project.modelMatrix[0][0] / project.commonUnitsPerMeter.x;
`,
        'fs:#decl': `
in float city_metres;
in float city_top;
in float city_wall;
in float city_along;
in vec2 city_ground;
float city_hash(vec3 p) {
  p = fract(p * 0.1031);
  p += dot(p, p.zyx + 31.32);
  return fract((p.x + p.y) * p.z);
}
`,
        'fs:DECKGL_FILTER_COLOR': `
  if (!bool(picking.isActive)) {
    float tower = smoothstep(24.0, 120.0, city_top) * city.windows;
    if (city_wall > 0.5) {
      float up = clamp(city_metres / max(city_top, 1.0), 0.0, 1.0);
      // A tint is the roof's; walls follow it at a distance.
      color.rgb = mix(color.rgb, mix(vec3(dot(color.rgb, vec3(0.3, 0.59, 0.11))) * vec3(0.86, 0.98, 1.16), color.rgb, 0.35), city.tinted);
      // Streets lie in the shade; light gathers towards the top, the more the taller.
      color.rgb *= mix(city.foot, 0.92 + 0.34 * tower, pow(up, 1.3)) * (0.82 + 0.12 * tower);
      // Upright edges lie in shadow, about a pixel of it, where a wall is wide enough to have them.
      float grain_along = max(fwidth(city_along), 1e-5);
      float corner = 1.0 - smoothstep(0.4, 1.6, min(city_along, 1.0 - city_along) / grain_along);
      color.rgb *= 1.0 - city.edge * corner * (1.0 - smoothstep(0.06, 0.16, grain_along));
      vec2 cell = vec2((city_ground.x + city_ground.y * 0.83) / 4.2, city_metres / 4.0);
      vec2 grain = fwidth(cell);
      float near = (1.0 - smoothstep(0.22, 0.6, max(grain.x, grain.y))) * city.windows;
      if (near > 0.0) {
        vec2 inside = smoothstep(vec2(0.16), vec2(0.3), fract(cell)) - smoothstep(vec2(0.7), vec2(0.84), fract(cell));
        float lit = step(city_hash(vec3(floor(cell), 7.0)), 0.16 + 0.26 * city.night) * step(0.0, city.night);
        float pane = inside.x * inside.y * near;
        color.rgb = mix(color.rgb, color.rgb * 0.72, pane * (1.0 - lit));
        color.rgb += pane * lit * vec3(1.0, 0.78, 0.42) * (0.34 + 0.3 * city.night);
      }
      // The eaves catch the light, at any distance about a pixel of it.
      float eaves = min(max(1.4, fwidth(city_metres) * 1.3), city_top * 0.4);
      float rim = smoothstep(city_top - eaves, city_top - 0.35 * eaves, city_metres) * city.rim;
      color.rgb += rim * mix(vec3(0.10, 0.17, 0.27), vec3(0.42, 0.58, 0.70), tower);
    } else {
      vec3 toned = mix(mix(vec3(1.0), vec3(0.96, 1.03, 1.15), city.windows) * city.roof, vec3(1.06, 1.08, 1.08), tower);
      // A tint is its legend's: what the lights of the hour add to a roof is taken back.
      color.rgb *= mix(toned, vec3(0.7), city.tinted);
    }
  }
`,
      },
    };
  }

  draw() {
    const {night, look, tint} = this.props;
    const {night: lit, ...shape} = {...LOOK, ...look};
    // Below nought no window is lit: it is day on a light ground.
    this.setShaderModuleProps({city: {...shape, night: lit ? night : -1, tinted: tint === 'height' ? 0 : 1}});
  }
}
