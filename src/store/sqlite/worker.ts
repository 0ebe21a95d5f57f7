// The thread of the writer: one message in for each flush, one message out.
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../../base/index.ts';
import { openNodeDatabase } from './driver.ts';
import { Engine } from './engine.ts';
import { openForWriting } from './open.ts';
import type { Flush } from './requests.ts';

invariant(parentPort !== null, 'the writer is a worker thread');
const port = parentPort;
const path = workerData as string;
const engine = new Engine(path, () => openForWriting(path, openNodeDatabase));

port.on('message', (message: Flush | 'close') => {
  if (message !== 'close') {
    port.postMessage(engine.flush(message));
    return;
  }
  engine.close();
  port.close();
});
