// The architecture guide's note on section 2.1: servers of unequal strength.

import assert from 'node:assert/strict';
import { exchange, get } from '../../harness/client.ts';
import { GUIDE_DEFAULTS, guideFarm } from '../../harness/document-farm.ts';
import { countByName } from '../../harness/farm.ts';
import { documentScenario } from '../../harness/seed-config.ts';

documentScenario(
  'the shares are 12 12 26 26, one request a connection',
  '004-2.1-weights.cfg',
  {},
  async (t, config) => {
    const { replacements } = await guideFarm(t);
    await t.start(GUIDE_DEFAULTS + config(replacements));
    const chosen: string[] = [];
    for (let at = 0; at < 77; at++) {
      const client = await t.connect(8080);
      const response = await exchange(client, get('/'));
      assert.equal(response.header('connection'), 'close');
      chosen.push(response.text);
      client.close();
    }
    assert.deepEqual(countByName(chosen.slice(1)), { A: 12, B: 12, C: 26, D: 26 });
  },
);
