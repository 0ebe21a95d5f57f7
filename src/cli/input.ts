import { CarrelError, MAX_INPUT_BYTES } from '../protocol/index.ts';
import type { Invocation } from './invocation.ts';
import { note } from './note.ts';

/** A prompt with what was piped in behind it. `invalid_params` when both are empty or together too long. */
export async function readInput(prompt: string | undefined, invocation: Invocation): Promise<string> {
  const quiet = (): void =>
    note(invocation, 'info', 'waiting for the piped input to end; </dev/null gives none');
  const piped = await invocation.terminal.piped(MAX_INPUT_BYTES, quiet);
  const text = [prompt, piped].filter((part) => part !== undefined && part.trim() !== '').join('\n\n');
  if (text === '') {
    throw new CarrelError(
      'invalid_params',
      'the prompt is empty: write what the agent should do, or pipe it in',
    );
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_INPUT_BYTES) {
    const message = `the prompt has ${String(bytes)} bytes, at most ${String(MAX_INPUT_BYTES)} are taken: put it into a file and name that`;
    throw new CarrelError('invalid_params', message, { data: { bytes, limitBytes: MAX_INPUT_BYTES } });
  }
  return text;
}
