import { stripControls } from '../base/index.ts';
import { ERRORS, toErrorInfo } from '../protocol/errors.ts';
import { exitOfCode, type Exit } from './exit.ts';
import { mark } from './render/style.ts';
import type { Sink } from './terminal.ts';

/**
 * The one printer of errors: `carrel: CODE: message`, then the remedy; with `json` one line `{"error": …}`. Always on
 * `err`, so that stdout carries answers only. Answers with the exit code.
 */
export function printFailure(error: unknown, err: Sink, json: boolean): Exit {
  const info = toErrorInfo(error);
  if (json) {
    err.write(`${JSON.stringify({ error: info })}\n`);
    return exitOfCode(info.code);
  }
  err.write(`${mark(err, 'failed')} carrel: ${info.code}: ${stripControls(info.message)}\n`);
  err.write(`  ${ERRORS[info.code].remedy}\n`);
  if (info.code === 'internal' && error instanceof Error) err.write(`${stripControls(error.stack ?? '')}\n`);
  return exitOfCode(info.code);
}
