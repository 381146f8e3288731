// docs/coverage.md says what the registries have: `npm run coverage` after a change.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { coverageFile, coverageText } from '../../coverage/coverage.ts';

test('the coverage page is up to date', () => {
  assert.equal(readFileSync(coverageFile, 'utf8'), coverageText(), 'npm run coverage writes it anew');
});
