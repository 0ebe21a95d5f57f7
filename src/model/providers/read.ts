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
    // A stream that failed or was aborted refuses to be cancelled with the reason that is known already.
    reader.cancel().catch(() => undefined);
  }
}
