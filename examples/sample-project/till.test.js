import assert from 'node:assert/strict';
import test from 'node:test';
import { format, total } from './till.js';

test('adds up', () => assert.equal(total([250, 199]), 449));
test('takes the discount off', () => assert.equal(total([1000, 500], 10), 1350));
test('shows cents', () => assert.equal(format(1205), '12.05'));
