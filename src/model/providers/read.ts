/**
 * The values of a stream until its end, its failure, or the abort, whichever is first; an abort ends it quietly within the
 * same turn of the event loop. The stream is cancelled when the reader leaves, for whatever reason.
 */
export async function* readUntilAborted<T>(
  stream: ReadableStream<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const reader = stream.getReader();
  let wake: (aborted: undefined) => void = () => undefined;
  const onAbort = (): void => wake(undefined);
  signal.addEventListener('abort', onAbort);
  try {
    while (!signal.aborted) {
      const result = await new Promise<Awaited<ReturnType<typeof reader.read>> | undefined>(
        (resolve, reject) => {
          wake = resolve;
          reader.read().then(resolve, reject);
        },
      );
      if (result === undefined || result.done) return;
      yield result.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (signal.aborted) cancel(reader);
    else release(reader);
  }
}

type Reader = ReadableStreamDefaultReader<unknown>;

/** How long the end of a stream may take after the last thing that counts, ms. */
const LINGER_MS = 1_000;

/** Lets a stream that is about to end do so, which keeps its connection for the next request; any other is cancelled. */
function release(reader: Reader): void {
  AbortSignal.timeout(LINGER_MS).addEventListener('abort', () => cancel(reader));
  reader.read().then(
    ({ done }) => {
      if (!done) cancel(reader);
    },
    () => undefined,
  );
}

/** A stream that has failed or was aborted refuses with the reason that is known already. */
function cancel(reader: Reader): void {
  reader.cancel().catch(() => undefined);
}
