import { CLASS_SUFFIXES, DOORS, MAY_IMPORT, SIZE, SUPPRESSIONS, TEST_PACKAGES } from './layout.ts';
import type { Finding, Source } from './source.ts';

export type Rule = (source: Source, packages: ReadonlySet<string>) => Iterable<Finding>;

/** `src/store/sqlite/open.ts` is of `store`; a file outside `src` is of no module. */
function moduleOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('test/');
}

function isContract(path: string): boolean {
  return path.endsWith('/contract.ts');
}

function isFixture(path: string): boolean {
  return /(\/fixtures|\.fixture)\.ts$/.test(path);
}

/** Tests, contract suites and fixtures are not shipped, and may import more than the code beside them. */
function isForTests(path: string): boolean {
  return isTest(path) || isContract(path) || isFixture(path);
}

function isDoor(path: string): boolean {
  return path === `src/${moduleOf(path) ?? ''}/index.ts` || DOORS.includes(path);
}

/** Imports follow the table. */
export function* table({ path, imports }: Source): Iterable<Finding> {
  const from = moduleOf(path);
  if (from === undefined) return;
  const allowed = MAY_IMPORT[from];
  if (allowed === undefined) {
    yield { path, line: 1, rule: 'table', message: `src/${from} has no row in the import table` };
    return;
  }
  for (const { name, line } of imports) {
    const to = moduleOf(name);
    if (to === undefined || to === from || allowed.includes(to)) continue;
    if (isForTests(path) && (to === 'testing' || isContract(name))) continue;
    const message = `${from} may not import ${to}; it may import ${allowed.join(', ') || 'no other module'}`;
    yield { path, line, rule: 'table', message };
  }
}

/** Another module is entered through its index, or, by tests, its contract suites. */
export function* door({ path, imports }: Source): Iterable<Finding> {
  for (const { name, line } of imports) {
    const to = moduleOf(name);
    if (to === undefined) continue;
    if ((isContract(name) || isFixture(name)) && !isForTests(path)) {
      yield { path, line, rule: 'door', message: `${name} is for tests: what ships may not import it` };
    } else if (to !== moduleOf(path) && !isDoor(name) && !isContract(name)) {
      yield { path, line, rule: 'door', message: `enter ${to} through src/${to}/index.ts, not ${name}` };
    }
  }
}

export function* star({ path, stars }: Source): Iterable<Finding> {
  for (const { name, line } of stars) {
    yield { path, line, rule: 'star', message: `name what is exported from ${name}` };
  }
}

/** Code that ships uses dependencies, `base` none, and what only tests use stays with them. */
export function* packages({ path, imports }: Source, installed: ReadonlySet<string>): Iterable<Finding> {
  const from = moduleOf(path);
  if (from === undefined || isForTests(path)) return;
  for (const { name, line } of imports) {
    if (/^(src|node:)/.test(name)) continue;
    const dependency = name
      .split('/')
      .slice(0, name.startsWith('@') ? 2 : 1)
      .join('/');
    if (TEST_PACKAGES.includes(dependency)) {
      yield { path, line, rule: 'packages', message: `${dependency} is for tests and contract suites` };
    } else if (from === 'base' || !installed.has(dependency)) {
      yield { path, line, rule: 'packages', message: `${from} may not use the package ${dependency}` };
    }
  }
}

export function* size({ path, lines }: Source): Iterable<Finding> {
  const limit = isTest(path) ? SIZE.testLines : SIZE.lines;
  if (lines > limit) {
    yield { path, line: limit, rule: 'size', message: `${lines} lines, at most ${limit}: move an idea out` };
  }
}

export function* className({ path, classes }: Source): Iterable<Finding> {
  for (const { name, line } of classes) {
    const [suffix] = CLASS_SUFFIXES.exec(name) ?? [];
    if (suffix === undefined) continue;
    yield { path, line, rule: 'class-name', message: `${name}: ${suffix} says nothing; name what it is` };
  }
}

export function* suppression({ path, comments }: Source): Iterable<Finding> {
  for (const { name, line } of comments) {
    const [directive] = SUPPRESSIONS.exec(name) ?? [];
    if (directive === undefined) continue;
    yield {
      path,
      line,
      rule: 'suppression',
      message: `${directive}: change the code, or the rule for everyone`,
    };
  }
}

export const RULES: readonly Rule[] = [table, door, star, packages, size, className, suppression];
