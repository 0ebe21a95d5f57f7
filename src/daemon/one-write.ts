// What is sent in one turn of the event loop goes to the system in one write, however many followers it is for.
interface Corkable {
  cork(): void;
  uncork(): void;
}

/** Gives a function to call before each write. */
export function oneWrite(stream: Corkable): () => void {
  let corked = false;
  return () => {
    if (corked) return;
    corked = true;
    stream.cork();
    setImmediate(() => {
      corked = false;
      stream.uncork();
    });
  };
}
