// Dresses extruded polygons: dark at the foot, bright at the top, windows by storey when near.
import {LayerExtension} from '@deck.gl/core';

const uniforms = `
layout(std140) uniform cityUniforms {
  float night;
} city;
`;

export class CityLights extends LayerExtension {
  static extensionName = 'CityLights';
  static defaultProps = {night: 0.6};

  getShaders() {
    return {
      modules: [{name: 'city', vs: uniforms, fs: uniforms, uniformTypes: {night: 'f32'}}],
      inject: {
        'vs:#decl': `
out float city_metres;
out float city_top;
out float city_wall;
out vec2 city_ground;
`,
        'vs:#main-end': `
  city_top = elevations * solidPolygon.elevationScale;
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
in vec2 city_ground;
float city_hash(vec3 p) {
  p = fract(p * 0.1031);
  p += dot(p, p.zyx + 31.32);
  return fract((p.x + p.y) * p.z);
}
`,
        'fs:DECKGL_FILTER_COLOR': `
  if (!bool(picking.isActive)) {
    float tower = smoothstep(24.0, 120.0, city_top);
    if (city_wall > 0.5) {
      float up = clamp(city_metres / max(city_top, 1.0), 0.0, 1.0);
      // Streets lie in the shade; light gathers towards the top, the more the taller.
      color.rgb *= mix(0.34, 0.92 + 0.34 * tower, pow(up, 1.3)) * (0.82 + 0.12 * tower);
      vec2 cell = vec2((city_ground.x + city_ground.y * 0.83) / 4.2, city_metres / 4.0);
      vec2 grain = fwidth(cell);
      float near = 1.0 - smoothstep(0.22, 0.6, max(grain.x, grain.y));
      if (near > 0.0) {
        vec2 inside = smoothstep(vec2(0.16), vec2(0.3), fract(cell)) - smoothstep(vec2(0.7), vec2(0.84), fract(cell));
        float lit = step(city_hash(vec3(floor(cell), 7.0)), 0.16 + 0.26 * city.night);
        float pane = inside.x * inside.y * near;
        color.rgb = mix(color.rgb, color.rgb * 0.72, pane * (1.0 - lit));
        color.rgb += pane * lit * vec3(1.0, 0.78, 0.42) * (0.34 + 0.3 * city.night);
      }
      // The eaves catch the light, at any distance about a pixel of it.
      float eaves = min(max(1.4, fwidth(city_metres) * 1.3), city_top * 0.4);
      float rim = smoothstep(city_top - eaves, city_top - 0.35 * eaves, city_metres);
      color.rgb += rim * mix(vec3(0.10, 0.17, 0.27), vec3(0.42, 0.58, 0.70), tower);
    } else {
      color.rgb *= mix(vec3(0.52, 0.56, 0.62), vec3(1.06, 1.08, 1.08), tower);
    }
  }
`,
      },
    };
  }

  draw() {
    this.setShaderModuleProps({city: {night: this.props.night}});
  }
}
