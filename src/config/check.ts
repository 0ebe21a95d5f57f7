// Is a document a configuration? Kinds and keys by the schema, ranges and places by the table of settings.
import type { z } from 'zod';
import { ConfigFile, type SessionLimits } from '../protocol/index.ts';
import { describeOrigin, MAX_PROBLEMS, refuse, type Origin, type Problem } from './problem.ts';
import type { Document } from './document.ts';
import { findSetting, keyText, knownBelow, leaves, nearest, valueAt, type KeyPath } from './key.ts';
import { RELATIONS } from './limits.ts';
import { inRange, mustBe, shown } from './value.ts';

/**
 * The document as a configuration. `invalid_params` names every unknown key (with the nearest known one), every value of the
 * wrong kind or out of range, and, for the file of a project, every setting that is the home's alone.
 */
export function checkDocument(document: Document, place: 'home' | 'project'): ConfigFile {
  const parsed = ConfigFile.safeParse(document.value);
  const issues = parsed.error?.issues.slice(0, MAX_PROBLEMS) ?? [];
  const found = issues.flatMap((issue) => fromIssue(document, issue));
  const complained = new Set(found.map((problem) => problem.key));
  const ranges = rangeProblems(document).filter((problem) => !complained.has(problem.key));
  refuse([...found, ...ranges, ...(place === 'project' ? placeProblems(document) : [])]);
  return parsed.data ?? {};
}

function fromIssue(document: Document, issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.map((segment) => (typeof segment === 'number' ? segment : String(segment)));
  if (issue.code === 'unrecognized_keys')
    return issue.keys.slice(0, MAX_PROBLEMS).map((name) => unknownKey(document, path, name));
  const at = document.where(path, issue.code === 'invalid_key' ? 'key' : undefined);
  const key = keyText(path);
  if (issue.code === 'invalid_key') {
    const name = JSON.stringify(path.at(-1));
    return [{ at, key, message: `${keyText(path.slice(0, -1))} has the name ${name}; ${nameRule(path)}` }];
  }
  const value = valueAt(document.value, path);
  if (issue.code === 'custom' && issue.message !== 'Invalid input')
    return [{ at, key, message: `${key} ${issue.message}` }];
  return [wrong(at, path, value)];
}

function nameRule(path: KeyPath): string {
  if (path[0] === 'profiles' || path[0] === 'notify')
    return 'it may hold 1 to 64 letters, digits, "-" and "_", not only digits';
  if (path.length === 2)
    return 'it may hold 1 to 64 letters, digits, "-" and "_", begins with a letter or digit, and is not "offline"';
  return 'it may hold only what a header or a model may be called';
}

function unknownKey(document: Document, path: KeyPath, name: string): Problem {
  const hint = nearest(name, knownBelow(path));
  const own = [...path, name];
  const meant = hint === undefined ? '' : `; did you mean ${JSON.stringify(keyText([...path, hint]))}?`;
  const message = `unknown key ${JSON.stringify(keyText(own))}${meant}`;
  return { at: document.where(own, 'key'), key: keyText(own), message };
}

function wrong(at: Origin, path: KeyPath, value: unknown): Problem {
  const setting = findSetting(path);
  const key = path.length === 0 ? 'the configuration' : keyText(path);
  const is = value === undefined ? 'missing' : shown(value, setting);
  const bounds =
    setting?.minimum === undefined || setting.maximum === undefined
      ? {}
      : { minimum: setting.minimum, maximum: setting.maximum };
  const whole = setting === undefined ? path : path.slice(0, setting.key.split('.').length);
  const what = whole.length === path.length ? 'it' : keyText(whole);
  const message = `${key} is ${is}; ${what} must be ${setting === undefined ? 'an object' : mustBe(setting)}`;
  return { at, key, value: is, message, ...bounds };
}

function rangeProblems(document: Document): Problem[] {
  return leaves(document.value)
    .filter((leaf) => !inRange(leaf.setting, leaf.value))
    .slice(0, MAX_PROBLEMS)
    .map((leaf) => wrong(document.where(leaf.path), leaf.path, leaf.value));
}

function placeProblems(document: Document): Problem[] {
  return leaves(document.value)
    .filter((leaf) => leaf.setting.project === 'never')
    .map(({ path }) => {
      const key = keyText(path);
      const message = `${key} bounds the whole host; it belongs in the configuration of the home, not of a project`;
      return { at: document.where(path, 'key'), key, message };
    });
}

/**
 * What must fit into what. A bound that came by flag is for one run and is not measured against the others: there the
 * tighter one simply acts first.
 */
export function checkRelations(limits: SessionLimits, prefix: string, origin: (key: string) => Origin): void {
  const problems = RELATIONS.flatMap(({ smaller, larger, strict, why }): Problem[] => {
    const [small, large] = [limits[smaller], limits[larger]];
    if (large === 0 || small < large || (!strict && small === large)) return [];
    const [from, to] = [origin(`${prefix}limits.${smaller}`), origin(`${prefix}limits.${larger}`)];
    if (from.kind === 'flag' || to.kind === 'flag') return [];
    const bound = strict ? 'less than' : 'at most';
    const key = `${prefix}limits.${smaller}`;
    const message = `${key} is ${small} (${describeOrigin(from)}); it must be ${bound} ${prefix}limits.${larger}, which is ${large} (${describeOrigin(to)}): ${why}`;
    return [{ at: from.kind === 'default' ? to : from, key, value: String(small), maximum: large, message }];
  });
  refuse(problems);
}
