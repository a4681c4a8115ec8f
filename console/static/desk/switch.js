// The switch of dark and light: without reading the page anew, and remembered as the server does.
// Loaded by the page alone: imported a second time, under another address, it would turn twice.
const COOKIE = 'gridwall_style';
const YEAR_S = 31_536_000;
const root = document.documentElement;

function turn(link) {
  const next = root.dataset.style === 'dark' ? 'light' : 'dark';
  root.dataset.style = next;
  document.cookie = `${COOKIE}=${next}; path=/; max-age=${YEAR_S}; samesite=lax`;
  link.setAttribute('aria-checked', String(next === 'dark'));
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
