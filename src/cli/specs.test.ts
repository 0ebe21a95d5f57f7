import { expect, it } from 'vitest';
import { Status } from '../protocol/index.ts';
import { STATUSES } from './specs.ts';

it('knows every status', () => {
  expect(STATUSES).toEqual(Status.options);
});
