// Keys of the wall; none is taken while somebody types or a modifier is held.
const STEP = 160;

/** `layers`: what each of the keys 1 to 9 shows or hides. */
export function bindKeys({map, camera, layers, toggleMenu, toggleHelp, closeAll}) {
  const pan = (x, y) => { camera.touch(); map.panBy([x, y], {duration: 250}); };
  const zoom = by => { camera.touch(); map.zoomTo(map.getZoom() + by, {duration: 250}); };
  const actions = {
    ArrowLeft: () => pan(-STEP, 0), ArrowRight: () => pan(STEP, 0),
    ArrowUp: () => pan(0, -STEP), ArrowDown: () => pan(0, STEP),
    '+': () => zoom(0.7), '=': () => zoom(0.7), '＋': () => zoom(0.7),
    '-': () => zoom(-0.7), '－': () => zoom(-0.7), '_': () => zoom(-0.7),
    ...layers, l: toggleMenu,
    t: () => camera.toggleTour(), f: toggleFullScreen, '?': toggleHelp, '？': toggleHelp, Escape: closeAll,
  };
  const onKey = event => {
    const typing = event.composedPath()[0]?.closest?.('input, textarea, select, [contenteditable]');
    if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
    const act = actions[event.key] ?? actions[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  };
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}

function toggleFullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen();
}
