// The hash of dynamic cookies, against values of the reference and of HAProxy.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { xxh64 } from '../../../../src/expr/hashes/xxh64.ts';

test('the empty text has the known hash', () => {
  assert.equal(xxh64(Buffer.alloc(0)).toString(16), 'ef46db3751d8e999');
});

test('short and long inputs: every tail length', () => {
  assert.equal(xxh64(Buffer.alloc(40, 'abc')).toString(16), 'ef62a6bd0a32a73a');
});

test('HAProxy 2.6 gave this cookie to 127.0.0.1:23801 with the key foo', () => {
  const data = Buffer.concat([Buffer.from('foo'), Buffer.from([127, 0, 0, 1, 0, 0, 0x5c, 0xf9])]);
  assert.equal(xxh64(data).toString(16), 'e64624ad8729245f');
});
