let next: Promise<void> | undefined;

/** Resolves in the next turn of the event loop; whoever asks in one turn shares it, so that a thousand cost one timer. */
export function turnOfLoop(): Promise<void> {
  next ??= new Promise<void>((resolve) => {
    setImmediate(() => {
      next = undefined;
      resolve();
    });
  });
  return next;
}
