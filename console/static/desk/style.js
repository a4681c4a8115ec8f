// Dark and light: the switch of every page, without reading the page anew; remembered as the server does.
const COOKIE = 'gridwall_style';
const YEAR_S = 31_536_000;
const root = document.documentElement;

/** `dark` or `light`. */
export const style = () => root.dataset.style;

/** Calls `act(style)` whenever the switch is turned: for what is drawn with colours of its own. */
export const onStyle = act => root.addEventListener('restyled', () => act(style()));

function turn(link) {
  root.dataset.style = style() === 'dark' ? 'light' : 'dark';
  document.cookie = `${COOKIE}=${style()}; path=/; max-age=${YEAR_S}; samesite=lax`;
  link.setAttribute('aria-checked', String(style() === 'dark'));
  // What the address asks for would win over what was chosen since.
  const address = new URL(location.href);
  if (address.searchParams.has('style')) {
    address.searchParams.delete('style');
    history.replaceState(history.state, '', address);
  }
  root.dispatchEvent(new Event('restyled'));
}

const link = document.getElementById('style');
link?.addEventListener('click', event => {
  event.preventDefault();
  turn(link);
});
// A link answers to Enter by itself; a switch does to the space bar too.
link?.addEventListener('keydown', event => {
  if (event.key !== ' ') return;
  event.preventDefault();
  turn(link);
});
