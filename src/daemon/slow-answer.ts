// An answer to `POST /rpc` that takes long shows life by white space in front of it, which JSON allows. Its status can only be 200 then: an
// error is in the body, as JSON-RPC has it.
import type { Clock } from '../base/index.ts';
import { ALIVE_MS } from './alive.ts';

const SPACE = new Uint8Array([0x20]);

/** `answer` never rejects. It goes on when its reader leaves. */
export async function orSlowly(clock: Clock, answer: Promise<Response>): Promise<Response> {
  const late = Promise.withResolvers<undefined>();
  using _ = clock.after(ALIVE_MS, () => late.resolve(undefined));
  const soon = await Promise.race([answer, late.promise]);
  if (soon !== undefined) return soon;
  const headers = { 'Content-Type': 'application/json' };
  return new Response(spaced(clock, answer), { status: 200, headers });
}

function spaced(clock: Clock, answer: Promise<Response>): ReadableStream<Uint8Array> {
  let timer: Disposable | undefined;
  let left = false;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const sign = (): void => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(SPACE); // who does not read needs none
        timer = clock.after(ALIVE_MS, sign);
      };
      sign();
      void answer
        .then((response) => response.bytes())
        .then((bytes) => {
          timer?.[Symbol.dispose]();
          if (left) return;
          controller.enqueue(bytes);
          controller.close();
        });
    },
    cancel() {
      left = true;
      timer?.[Symbol.dispose]();
    },
  });
}
