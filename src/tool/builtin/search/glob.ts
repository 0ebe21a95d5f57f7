import picomatch from 'picomatch';
import { Page, printable } from '../page.ts';
import type { SearchJob } from './job.ts';
import { fromRoot, type Passed, walk } from './walk.ts';

const MAX_FILES = 1000;

/** The files whose path, as seen from the start, matches the pattern. */
export function globFiles(job: SearchJob, passed: Passed): Page {
  const matches = picomatch(job.pattern.replace(/^\.\//, ''), { dot: true });
  const start = fromRoot(job, job.start);
  const prefix = start === '' ? 0 : start.length + 1;
  const page = new Page(MAX_FILES, job.pageBytes);
  for (const { relative: name } of walk(job, passed))
    if (matches(name.slice(prefix)) && !page.add(printable(name))) break;
  return page;
}
