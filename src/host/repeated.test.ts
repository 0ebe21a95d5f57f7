import { expect, it } from 'vitest';
import { openTestHost } from '../testing/index.ts';

it('answers a repeat that comes while the command is being written as it answers the command', async () => {
  await using test = await openTestHost();
  const session = await test.session();
  // Carried out once, it is refused from then on.
  const archive = { type: 'session/archive', id: 'cmd_once', by: { kind: 'user' } } as const;
  const [first, second] = await Promise.all([session.command(archive), session.command(archive)]);
  expect(second).toEqual(first);
  await expect(session.command({ ...archive, id: 'cmd_other' })).rejects.toMatchObject({ code: 'conflict' });
});
