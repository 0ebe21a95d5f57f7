import { expect, it } from 'vitest';
import { redactSecrets } from './index.ts';

// Put together here, so that no scanner takes this file for a leak.
const KEY = 'a1B2c3D4e5F6g7H8i9J0';
const SECRETS = [
  `sk-${KEY}`,
  `sk-ant-api03-${KEY}`,
  `ghp_${KEY}`,
  `github_pat_${KEY}`,
  `glpat-${KEY}`,
  `xoxb-${KEY}`,
  ['AKIA', 'ABCDEFGH12345678'].join(''),
  `AIza${KEY}${KEY}`,
  `hf_${KEY}`,
  `eyJ${KEY}.${KEY}.${KEY}`,
  `-----BEGIN RSA PRIVATE KEY-----\n${KEY}\n-----END RSA PRIVATE KEY-----`,
];

it.each(SECRETS)('%s is a secret by its form', (secret) => {
  expect(redactSecrets(`use ${secret} here`)).toBe('use [secret] here');
});

it.each([
  [`Authorization: Bearer ${KEY}`, 'Authorization: Bearer [secret]'],
  [`postgres://ada:${KEY}@db.example/one`, 'postgres://ada:[secret]@db.example/one'],
  [`DB_PASSWORD=${KEY} npm test`, 'DB_PASSWORD=[secret] npm test'],
  [`{"api_key": "${KEY}", "n": 1}`, '{"api_key": [secret], "n": 1}'],
  [`client-secret: ${KEY}`, 'client-secret: [secret]'],
])('%s names one', (text, said) => {
  expect(redactSecrets(text)).toBe(said);
});

it.each([
  'the password is asked for in src/login.ts:12',
  'skip-the-first and risk-free',
  'https://example.com:8080/path@2',
  'commit 3f2a9d1c7b8e4f60a1b2c3d4e5f60718293a4b5c',
  'const secret = read()',
])('%s is left as it is', (text) => {
  expect(redactSecrets(text)).toBe(text);
});

it('is quick with a long text of nothing', () => {
  const text = 'eyJ-sk-'.repeat(50_000);
  expect(redactSecrets(text)).toBe(text);
});
