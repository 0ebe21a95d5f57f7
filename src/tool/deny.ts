import { createRequire } from 'node:module';
import type picomatch from 'picomatch';

/** Names that differ only in case are one file there. */
const CASE_BLIND = process.platform === 'darwin' || process.platform === 'win32';

// Loaded with the first rule: most sessions have none.
const require = createRequire(import.meta.url);

/**
 * Compiles deny rules to a question: which rule denies this path (relative to the folder, `/` between names)? As in an
 * ignore file, a rule without `/` holds at any depth, and what denies a directory denies everything below it.
 */
export function denyRules(rules: readonly string[]): (relative: string) => string | undefined {
  const matchers = rules.map((rule) => ({ rule, matches: matcherOf(rule) }));
  return (relative) => matchers.find(({ matches }) => matches(relative))?.rule;
}

function matcherOf(rule: string): (relative: string) => boolean {
  const match = require('picomatch') as typeof picomatch;
  const plain = rule.replace(/^\.?\//, '').replace(/\/+$/, '');
  const anchored = rule.startsWith('/') || plain.includes('/') ? plain : `**/${plain}`;
  return match([anchored, `${anchored}/**`], { dot: true, nocase: CASE_BLIND });
}
