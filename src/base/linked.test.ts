import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { Linked } from './index.ts';

test('aborts with its source, for the reason of the source', () => {
  const source = new AbortController();
  using linked = new Linked(source.signal);
  source.abort('over');
  expect(linked.signal.reason).toBe('over');
  using late = new Linked(source.signal);
  expect(late.signal.reason).toBe('over');
});

test('aborts alone without its source, and the first reason stays', () => {
  const source = new AbortController();
  using linked = new Linked(source.signal);
  linked.abort('mine');
  source.abort('over');
  expect(linked.signal.reason).toBe('mine');
});

test('leaves no listener behind', () => {
  const source = new AbortController();
  const linked = new Linked(source.signal);
  linked[Symbol.dispose]();
  expect(getEventListeners(source.signal, 'abort')).toEqual([]);
  source.abort('over');
  expect(linked.signal.aborted).toBe(false);
});
