// The entry of a search thread. A pattern from a model can need a lifetime to match; here that blocks nobody, and the
// thread can be ended from outside at any moment. It imports as little as it can, since every start pays for it.
import { parentPort } from 'node:worker_threads';
import type { Page } from '../page.ts';
import { leftOutNote } from '../skipped.ts';
import { globFiles } from './glob.ts';
import { grepLines } from './grep.ts';
import type { SearchJob, SearchReply } from './job.ts';
import { nothingPassed, type Passed } from './walk.ts';

parentPort?.on('message', (job: SearchJob) => parentPort?.postMessage(answer(job)));

function answer(job: SearchJob): SearchReply {
  const passed = nothingPassed();
  try {
    const page = (job.kind === 'glob' ? globFiles : grepLines)(job, passed);
    return { ok: true, lines: page.lines, cut: page.cut, notes: notesOf(page, passed) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof SyntaxError) return { ok: false, error: { code: 'invalid_params', message } };
    return { ok: false, error: { code: 'tool_failed', message: `the search failed: ${message}` } };
  }
}

function notesOf(page: Page, passed: Passed): string[] {
  const notes = leftOutNote([...passed.leftOut]);
  const count = (number: number, what: string): void => {
    if (number > 0) notes.push(`${what}: ${number}`);
  };
  count(passed.links, 'links not followed');
  count(passed.denied, 'left out because a rule denies them');
  count(passed.binary, 'binary files not searched');
  count(passed.unreadable, 'unreadable and left out');
  if (page.lines.length === 0) notes.push('nothing matches');
  if (page.cut) notes.push(`cut after ${page.lines.length}: narrow the pattern or the path`);
  return notes;
}
