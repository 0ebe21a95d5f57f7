// Viewers of one session, each on a connection of its own, in a process of their own: `node viewers.ts SOCKET SESSION COUNT`. It says
// `following` when all of them follow, and for each line that it is sent reads on until every one has seen the end of a turn, then
// says how many items have come to all of them, and their bytes. They read as cheaply as a program can: what is measured is the host.
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

const [path = '', session = '', count = '1'] = process.argv.slice(2);
const END = Buffer.from('"type":"turn.finished"');
/** Long enough that the end is found where two pieces meet. */
const KEPT = END.length - 1;

let bytes = 0;
let ends = 0;
let awaited = 0;
let done: (() => void) | undefined;

function begin(socket: Socket): Promise<void> {
  const requests = [
    { id: 1, method: 'connection/open', params: { protocol: 1 } },
    { id: 2, method: 'session/follow', params: { session } },
  ];
  for (const request of requests) socket.write(`${JSON.stringify({ jsonrpc: '2.0', ...request })}\n`);
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    let kept = Buffer.alloc(0);
    let answers = '';
    socket.on('data', (chunk: Buffer) => {
      if (!answers.includes('"subscription"')) {
        answers += chunk.toString();
        if (answers.includes('"error"')) reject(new Error(answers));
        if (answers.includes('"subscription"')) resolve();
      }
      bytes += chunk.length;
      const all = Buffer.concat([kept, chunk]);
      for (let at = all.indexOf(END); at >= 0; at = all.indexOf(END, at + 1)) ends++;
      kept = all.subarray(Math.max(0, all.length - KEPT));
      if (ends >= awaited) done?.();
    });
  });
}

const sockets = await Promise.all(
  Array.from({ length: Number(count) }, async () => {
    const socket = connect(path);
    await begin(socket);
    return socket;
  }),
);
process.stdout.write('following\n');
for await (const _ of createInterface(process.stdin)) {
  const seen = new Promise<void>((resolve) => (done = resolve));
  awaited += sockets.length;
  if (ends >= awaited) done?.();
  await seen;
  process.stdout.write(`${String(bytes)}\n`);
}
for (const socket of sockets) socket.destroy();
