import type { Json } from '../base/index.ts';
import type { Invocation } from './invocation.ts';
import { note } from './note.ts';
import { printValue } from './render/value.ts';

/** Says what a command did: a sentence for a person, a value for a program. */
export function report(
  invocation: Pick<Invocation, 'terminal' | 'json'>,
  sentence: string,
  value: object | Json,
): void {
  if (invocation.json) printValue(invocation.terminal.out, value);
  else note(invocation, 'ok', sentence);
}
