// A provider that streams one fixed answer of chat completions as fast as it can, or paced, from a process of its own, so that
// its cost is nobody's. `node bench/stream-server.ts DELTAS EVERY_MS`: EVERY_MS 0 lets deltas share packets.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const [deltas = 200, everyMs = 0] = process.argv.slice(2).map(Number);
const chunk = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const chunks = Array.from({ length: deltas }, (_, n) =>
  chunk({ content: `w${String(n).padStart(4, '0')} ` }, null),
);
const end = `${chunk({}, 'stop')}data: [DONE]\n\n`;

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let next = 0;
    const step = (): void => {
      const text = chunks[next++];
      if (text === undefined || response.destroyed) {
        response.end(end);
        return;
      }
      response.write(text);
      if (everyMs > 0) setTimeout(step, everyMs);
      else setImmediate(step);
    };
    step();
  });
});
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`${String((server.address() as AddressInfo).port)}\n`),
);
process.stdin.resume().on('end', () => process.exit(0));
