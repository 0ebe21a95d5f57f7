import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openLog } from './log.ts';
import { redactor } from './redact.ts';
import { Secrets } from './secrets.ts';

/** What a key may look like: also with what JSON escapes, and what regular expressions mean something by. */
const secrets = fc
  .string({ minLength: 8, maxLength: 60, unit: 'binary-ascii' })
  .filter((text) => /\S{8}/.test(text));

/** The secret, somewhere: in a text, a member, a list, a member's name, an error, its cause. */
function planted(secret: string): fc.Arbitrary<unknown> {
  const { value } = fc.letrec((tie) => ({
    leaf: fc
      .tuple(fc.string({ maxLength: 10 }), fc.string({ maxLength: 10 }))
      .map(([before, after]) => `${before}${secret}${after}`),
    error: fc
      .tuple(tie('value'), tie('leaf'))
      .map(([cause, message]) => new Error(String(message), { cause: cause as object })),
    list: fc.array(tie('value'), { minLength: 1, maxLength: 3 }),
    object: fc.dictionary(
      fc.constantFrom('apiKey', 'note', 'headers', 'Authorization', 'url', `x${secret}`),
      tie('value'),
      { minKeys: 1, maxKeys: 3 },
    ),
    value: fc.oneof({ maxDepth: 5 }, tie('leaf'), tie('error'), tie('list'), tie('object')),
  }));
  return value;
}

function secretsOf(known: readonly string[]): Secrets {
  const found = new Secrets();
  found.add(known);
  return found;
}

async function logged(
  write: (log: Awaited<ReturnType<typeof openLog>>) => void,
  known: readonly string[],
): Promise<string> {
  const lines: string[] = [];
  const file = { write: (line: string) => void lines.push(line) };
  const log = await openLog({ level: 'debug', redact: redactor(secretsOf(known)), file, now: () => 0 });
  write(log);
  expect(lines).toHaveLength(1);
  return lines.join('');
}

describe('a line of the log', () => {
  it('never has a secret that is known, wherever it was planted', async () => {
    await fc.assert(
      fc.asyncProperty(
        secrets.chain((secret) => fc.tuple(fc.constant(secret), planted(secret), planted(secret))),
        async ([secret, one, other]) => {
          const line = await logged(
            (log) => log.write('warn', `it failed: ${secret}`, { one, other }),
            [secret],
          );
          // As it stands, and as JSON writes it.
          expect(line).not.toContain(secret);
          expect(line).not.toContain(JSON.stringify(secret).slice(1, -1));
          expect(() => JSON.parse(line) as unknown).not.toThrow();
        },
      ),
      { numRuns: 200 },
    );
  });

  it('never has one that became known after the log was opened, nor one that another replaced', async () => {
    const known = new Secrets();
    const lines: string[] = [];
    const file = { write: (line: string) => void lines.push(line) };
    const log = await openLog({ level: 'debug', redact: redactor(known), file, now: () => 0 });
    known.add(['first-key-of-a-folder']);
    log.write('warn', 'with first-key-of-a-folder');
    known.add(['second-key-of-a-folder', 'short']);
    log.write('warn', 'with first-key-of-a-folder, second-key-of-a-folder, short');
    expect(lines).toHaveLength(2);
    expect(lines.join('')).not.toMatch(/(first|second)-key/);
    expect(lines.join('')).toContain('short');
  });

  it('looks for so many and no more: the one named longest ago is forgotten', () => {
    const known = new Secrets();
    known.add(['the-oldest', 'named-again']);
    known.add(Array.from({ length: 4_094 }, (_, index) => `secret-number-${String(index)}`));
    known.add(['named-again', 'one-too-many']);
    expect(known.list()).toHaveLength(4_096);
    expect(known.list()).not.toContain('the-oldest');
    expect(known.list()).toContain('named-again');
  });

  it('never has a secret of which one is the beginning of another', async () => {
    const line = await logged(
      (log) => log.write('info', 'key-12345 and key-12345-long'),
      ['key-12345', 'key-12345-long'],
    );
    expect(line).not.toMatch(/12345|long/);
  });

  it.each([
    ['Authorization: Bearer abcdef', 'abcdef'],
    ['https://me:hunter2@example.org/', 'hunter2'],
    ['wss://x/?access_token=abc.def&b=1', 'abc.def'],
    ['sk-proj-1234567890abcdef', '1234567890abcdef'],
    [`the token ${'aB3_'.repeat(11)}`, 'aB3_aB3_'],
    ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'eyJzdWIi'],
  ])('of %s has no %s, though nobody knows it for a secret', async (text, secret) => {
    expect(
      await logged((log) => log.write('info', text, { text, deep: { text: [text] } }), []),
    ).not.toContain(secret);
  });

  it('has no text of a member that is called like a secret, and still what is none', async () => {
    const fields = {
      password: 'short',
      token: 'abc',
      clientSecret: 'abc',
      tokens: 12,
      usage: { input: 3 },
      session: 'ses_1',
    };
    const line = JSON.parse(await logged((log) => log.write('info', 'hello', fields), [])) as object;
    expect(line).toMatchObject({
      level: 'info',
      message: 'hello',
      password: '(hidden)',
      token: '(hidden)',
      clientSecret: '(hidden)',
      tokens: 12,
      usage: { input: 3 },
      session: 'ses_1',
      at: '1970-01-01T00:00:00.000Z',
    });
  });

  it('is bounded, whatever is given', async () => {
    const loop: Record<string, unknown> = { text: 'x '.repeat(100_000) };
    loop['again'] = loop;
    expect((await logged((log) => log.write('info', 'big', loop), [])).length).toBeLessThan(200_000);
  });
});
