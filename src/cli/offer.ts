// No model, and a person at a terminal: the ways out, instead of an error.
import { BUILT_IN_PROVIDERS, PRACTICE_ID } from '../model/index.ts';
import type { Invocation } from './invocation.ts';
import { setUp } from './set-up.ts';
import type { PickedModel } from './setting.ts';

/** What they chose: a model, `again` when there may be one now, or undefined when they will come back. */
export async function offerModel(invocation: Invocation): Promise<PickedModel | 'again' | undefined> {
  const { terminal } = invocation;
  terminal.err.write(
    [
      'There is no model yet. You can',
      '  1  set a key and come back',
      '  2  use a model server on this machine',
      `  3  practise: ${PRACTICE_ID} drives the real tools by rules, without a model`,
      '',
    ].join('\n'),
  );
  const choice = (await terminal.ask('choose 1, 2 or 3: ', terminal.gone))?.trim();
  if (choice === '3') return { id: PRACTICE_ID };
  if (choice === '2') return (await setUp(invocation)) ? 'again' : undefined;
  if (choice === '1') {
    const keys = Object.entries(BUILT_IN_PROVIDERS).map(
      ([name, { apiKeyEnv }]) => `  export ${apiKeyEnv}=…   (${name})`,
    );
    terminal.err.write(`${['Set one of these, then start again:', ...keys].join('\n')}\n`);
  }
  return undefined;
}
