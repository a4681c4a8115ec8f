import {LiveHub} from './live/hub.js';

const hub = new LiveHub('/live');

self.onconnect = ({ports: [port]}) => {
  port.onmessage = ({data}) => hub.handle(port, data);
};
