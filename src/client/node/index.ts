// What a program on the host's own machine has beside the client that runs everywhere.
export { connectHome, daemonAt, type DaemonFile, type HomeOptions } from './home.ts';
export { socketAt } from './socket.ts';
export { webSocketTrusting, type Trust } from './trust.ts';
