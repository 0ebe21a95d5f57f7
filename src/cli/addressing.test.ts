import { describe, expect, it } from 'vitest';
import type { SessionSummary } from '../protocol/index.ts';
import { findSession, type Lister } from './addressing.ts';
import { summary } from './fixtures.ts';

const rows = [
  summary({ session: 'ses_aaaa1111', name: 'tidy', folder: '/here' }),
  summary({ session: 'ses_aaaa2222', name: 'tidy', folder: '/there' }),
  summary({ session: 'ses_bbbb3333', name: 'lone', folder: '/there' }),
  summary({ session: 'ses_cccc4444', name: 'twin', folder: '/east' }),
  summary({ session: 'ses_cccc5555', name: 'twin', folder: '/west' }),
  summary({ session: 'ses_dddd6666', name: 'ses_bbbb3333', folder: '/here' }),
];

/** Two rows a page, so that paging is part of every case. */
const lister: Lister = {
  summary: (session) => Promise.resolve(rows.find((row) => row.session === session)),
  list({ name, after }) {
    const fitting = rows.filter((row) => name === undefined || row.name === name);
    const start = Number(after ?? 0);
    const next = start + 2 < fitting.length ? { next: String(start + 2) } : {};
    return Promise.resolve({ sessions: fitting.slice(start, start + 2), hidden: 0, ...next });
  },
};

describe('findSession', () => {
  const found: readonly (readonly [string, string, SessionSummary['session']])[] = [
    ['the id', 'ses_bbbb3333', 'ses_bbbb3333'],
    ['the name in this folder', 'tidy', 'ses_aaaa1111'],
    ['a name that only another folder has', 'lone', 'ses_bbbb3333'],
    ['a prefix of one id', 'ses_dddd', 'ses_dddd6666'],
  ];
  it.each(found)('finds %s', async (_what, address, session) => {
    expect((await findSession(lister, address, '/here')).session).toBe(session);
  });

  const refused: readonly (readonly [string, string, string])[] = [
    ['a name that several other folders have', 'twin', 'conflict'],
    ['a prefix of several ids', 'ses_aaaa', 'conflict'],
    ['a prefix that is too short', 'ses_b', 'not_found'],
    ['a stranger', 'nobody', 'not_found'],
    ['an unknown id', 'ses_zzzz9999', 'not_found'],
  ];
  it.each(refused)('refuses %s', async (_what, address, code) => {
    await expect(findSession(lister, address, '/here')).rejects.toMatchObject({ code });
  });

  it('lists the candidates of a conflict', async () => {
    await expect(findSession(lister, 'twin', '/here')).rejects.toMatchObject({
      data: { candidates: ['ses_cccc4444', 'ses_cccc5555'] },
    });
  });
});
