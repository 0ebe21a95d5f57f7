import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { configJsonSchema } from '../../src/config/index.ts';
import { commandsSchema, eventsSchema } from './schemas.ts';

const configSchema = configJsonSchema();

const EVENT = {
  session: 'ses_1',
  seq: 1,
  at: 0,
  v: 1,
  type: 'text.ended',
  data: { part: 'prt_1', text: 'hi' },
};
const COMMAND = { type: 'turn/cancel', id: 'cmd_1', by: { kind: 'user' } };
const CONFIG = {
  model: 'local/qwen3',
  providers: { local: { kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:8080/v1' } },
};

test.each([
  ['event', eventsSchema, EVENT, true],
  ['event with a field of the future', eventsSchema, { ...EVENT, novel: 1 }, true],
  ['event without seq', eventsSchema, { ...EVENT, seq: undefined }, false],
  ['event with the data of another', eventsSchema, { ...EVENT, type: 'turn.finished' }, false],
  ['command', commandsSchema, COMMAND, true],
  ['command with a slip', commandsSchema, { ...COMMAND, raeson: 'x' }, false],
  ['config', configSchema, CONFIG, true],
  ['config with a slip', configSchema, { ...CONFIG, modle: 'x' }, false],
])('%s', (_name, schema, value, valid) => {
  const validate = new Ajv2020({ strict: false, formats: { uri: true } }).compile(schema);
  expect(validate(JSON.parse(JSON.stringify(value)))).toBe(valid);
});
