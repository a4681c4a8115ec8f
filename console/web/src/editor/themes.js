// Colours of the table by night and by day.

export const THEMES = {
  dark: {
    ground: '#0a1420', water: '#0d3049', shore: '#1d5f8a', green: '#0f2f2b', plaza: '#131f30',
    road: '#2a415f', wide: '#41658f', casing: '#0a1420', roadName: '#9db4d0', building: '#1b2b41', buildingEdge: '#2d4361',
    edge: '#7fb8e6', text: '#eaf4ff', halo: '#07101b', chosen: '#ffffff', changed: '#ffc14d', handle: '#57c7ff', handleFill: '#07101b',
    bad: '#ff5d6c', badText: '#ffb0b6', warn: '#ffb454', frozen: '#9fb4cf', before: '#c9a7ff', street: '#4fe0b0', fill: 0.5,
  },
  light: {
    ground: '#f5f6f8', water: '#c9dff1', shore: '#93bfe0', green: '#dcebd6', plaza: '#eef0f3',
    road: '#ffffff', wide: '#ffffff', casing: '#cfd6e0', roadName: '#566274', building: '#e2e0dc', buildingEdge: '#cdc9c2',
    edge: '#2c567f', text: '#12233a', halo: '#ffffff', chosen: '#081a33', changed: '#c26b00', handle: '#0a63c9', handleFill: '#ffffff',
    bad: '#c8182b', badText: '#a31122', warn: '#b56300', frozen: '#5d6d83', before: '#7a3fd1', street: '#008f63', fill: 0.55,
  },
};
