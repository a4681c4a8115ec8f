// Dark and light, for what is drawn with colours of its own. The switch itself is switch.js.
const root = document.documentElement;

/** `dark` or `light`. */
export const style = () => root.dataset.style;

/** Calls `act(style)` whenever the switch is turned. */
export const onStyle = act => root.addEventListener('restyled', () => act(style()));
