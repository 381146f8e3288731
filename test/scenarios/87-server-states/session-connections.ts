// `max-session-srv-conns`: the server connections that a client's connection keeps for itself.

import assert from 'node:assert/strict';
import { exchange, get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import { farm } from '../../harness/farm.ts';
import { scenario } from '../../harness/scenario.ts';

for (const [option, counts] of [
  ['', [1, 1]],
  ['max-session-srv-conns 1', [1, 3]],
  ['max-session-srv-conns 0', [3, 3]],
] as const) {
  scenario(
    `${option || 'by default'}: six requests in turn to two servers connect ${counts.join(' and ')} times`,
    {},
    async (t) => {
      const { lines, server } = await farm(t, ['a', 'b']);
      await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    http-reuse never
    ${option}
${lines()}
`);
      const client = await t.connect(8080);
      const names = [];
      for (let at = 0; at < 6; at++) names.push((await exchange(client, get('/'))).text);
      assert.equal(names.join(''), 'ababab');
      assert.deepEqual([server('a').connectionCount, server('b').connectionCount], counts);
    },
  );
}
