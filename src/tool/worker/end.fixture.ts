// A program that waits for nothing but the end of a tool's process, whose exit comes after nobody is seen any more: it ends
// with 0 when it was told.
import { ToolWorker } from './worker.ts';

const worker = new ToolWorker({
  module: new URL('./tools.fixture.ts', import.meta.url).href,
  memoryBytes: 2 ** 30,
  environment: {},
  onStray: () => undefined,
  tracker: {
    track: (start) => {
      const child = start('');
      const end = () => {
        child.kill('SIGKILL');
        return Promise.resolve({ confirmed: true, found: 1 });
      };
      return { child, giveWay: () => undefined, end, endOthers: end, [Symbol.dispose]: () => undefined };
    },
  },
});
await worker.end();
