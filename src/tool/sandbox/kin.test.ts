import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Kin } from './kin.ts';
import type { ProcessRow } from './process-table.ts';

const MARK = 'host.7.';
const ROOT = { pid: 100, start: 1 };
const row = (pid: number, parent: number, more: Partial<ProcessRow> = {}): ProcessRow => ({
  pid,
  parent,
  group: pid,
  session: pid,
  start: pid,
  dead: false,
  ...more,
});
const root = row(100, 1, { start: 1, marks: `CARREL_CALL=${MARK}` });
const pidsOf = (rows: readonly ProcessRow[]): number[] =>
  rows.map(({ pid }) => pid).toSorted((a, b) => a - b);

describe('Kin', () => {
  it('knows a process by its mark, wherever it is, and not by that of another call', () => {
    const marked = row(200, 1, { marks: `CARREL_CALL=outer.1.${MARK}` });
    const other = row(201, 1, { marks: 'CARREL_CALL=host.77.' });
    expect(pidsOf(new Kin(MARK, ROOT).update([marked, other]))).toEqual([200]);
  });

  it('knows children of children, and who shares a session', () => {
    const rows = [root, row(101, 100), row(102, 101), row(103, 1, { session: 102 }), row(104, 1)];
    expect(pidsOf(new Kin(MARK, ROOT).update(rows))).toEqual([100, 101, 102, 103]);
  });

  it('remembers who was seen, although nothing else tells any more', () => {
    const kin = new Kin(MARK, ROOT);
    kin.update([root, row(101, 100)]);
    expect(pidsOf(kin.update([row(101, 1, { session: 101 })]))).toEqual([101]);
  });

  it('does not take a process for one that had its pid before', () => {
    const kin = new Kin(MARK, ROOT);
    kin.update([root, row(101, 100)]);
    expect(kin.update([row(101, 1, { start: 999 }), row(100, 1, { start: 998 })])).toEqual([]);
  });

  it('knows the session of a leader that is gone, until its pid leads another', () => {
    const kin = new Kin(MARK, ROOT);
    kin.update([root]);
    expect(pidsOf(kin.update([row(300, 1, { session: 100 })]))).toEqual([300]);
    expect(kin.update([row(100, 1, { start: 500 }), row(301, 1, { session: 100 })])).toEqual([]);
  });

  it('counts nobody who is dead already', () => {
    expect(new Kin(MARK, ROOT).update([{ ...root, dead: true }])).toEqual([]);
  });

  it('takes the root by its pid where its start is not known', () => {
    expect(
      pidsOf(new Kin(MARK, { pid: 100, start: undefined }).update([row(100, 1), row(101, 100)])),
    ).toEqual([100, 101]);
  });

  /** A world of processes that are born, leave, forget and die, beside others that have nothing to do with the call. */
  const step = fc.record({
    what: fc.constantFrom('fork', 'setsid', 'forget', 'exit', 'stranger', 'look'),
    who: fc.nat(50),
  });
  it('finds everyone who carries the mark or was seen once, and never a stranger', () => {
    const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const kin = new Kin(MARK, ROOT);
      let rows: ProcessRow[] = [root];
      let pid = 500;
      const strangers = new Set<number>();
      const seen = new Set<number>();
      const change = (who: number, next: (old: ProcessRow) => ProcessRow[]): void => {
        const index = who % Math.max(1, rows.length);
        const old = rows[index];
        if (old !== undefined) rows = rows.flatMap((each) => (each === old ? next(old) : [each]));
      };
      for (const { what, who } of steps) {
        pid++;
        if (what === 'stranger') {
          strangers.add(pid);
          rows.push(row(pid, 1));
        } else if (what === 'fork') {
          change(who, (old) => {
            if (strangers.has(old.pid)) strangers.add(pid);
            return [old, { ...old, pid, parent: old.pid, start: pid }];
          });
        } else if (what === 'setsid') change(who, (old) => [{ ...old, session: old.pid, group: old.pid }]);
        else if (what === 'forget') change(who, ({ marks: _marks, ...old }) => [old]);
        else if (what === 'exit') {
          change(who, (old) => {
            rows = rows.map((each) => (each.parent === old.pid ? { ...each, parent: 1 } : each));
            return [];
          });
          rows = rows.map((each) =>
            rows.some(({ pid: alive }) => alive === each.parent) ? each : { ...each, parent: 1 },
          );
        } else for (const found of kin.update(rows)) seen.add(found.pid);
      }
      const found = new Set(pidsOf(kin.update(rows)));
      return rows.every(({ pid: alive, marks }) =>
        strangers.has(alive)
          ? !found.has(alive)
          : found.has(alive) || (marks === undefined && !seen.has(alive)),
      );
    });
    expect(fc.check(property, { numRuns: 500 }).counterexample).toBeNull();
  });
});
