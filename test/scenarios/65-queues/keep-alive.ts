// option prefer-last-server and max-keep-alive-queue: whether a kept client waits for the server that it had.

import assert from 'node:assert/strict';
import { exchange, get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { HeldFarm } from '../../harness/held-farm.ts';
import { scenario } from '../../harness/scenario.ts';
import type { Wire } from '../../harness/wire.ts';

interface Met {
  readonly farm: HeldFarm;
  readonly kept: Wire;
}

/** A kept client has had server a, which now serves one other request while `waiting` more wait for it; b is free. */
async function meet(t: ScenarioContext, proxy: string, waiting: number): Promise<Met> {
  const farm = await HeldFarm.of(t, ['a', 'b']);
  await t.start(`${HTTP_DEFAULTS}
    timeout queue 30s
listen web
    bind ${t.ip}:8080
    http-reuse never
    cookie S insert indirect
    ${proxy}
    server a ${farm.address('a')} maxconn 1 cookie a
    server b ${farm.address('b')} maxconn 1 cookie b
${farm.statistics}`);
  const kept = await t.connect(8080);
  const first = exchange(kept, get('/kept1'));
  await farm.answer('/kept1');
  assert.equal((await first).status, 200);
  await farm.ask('/other', 'Cookie: S=a');
  await farm.came(2);
  for (let at = 1; at <= waiting; at++) await farm.ask(`/waits${at}`, 'Cookie: S=a');
  return { farm, kept };
}

const stays: readonly (readonly [title: string, proxy: string, waiting: number])[] = [
  ['prefer-last-server: a kept client waits for its server', 'option prefer-last-server', 1],
  ['… also with max-keep-alive-queue -1', 'option prefer-last-server\n    max-keep-alive-queue -1', 1],
  [
    '… and while fewer wait than max-keep-alive-queue',
    'option prefer-last-server\n    max-keep-alive-queue 2',
    1,
  ],
];

for (const [title, proxy, waiting] of stays) {
  scenario(title, {}, async (t) => {
    const { farm, kept } = await meet(t, proxy, waiting);
    await kept.send(get('/kept2'));
    await farm.queuedAre(waiting + 1);
    await farm.answer('/other');
    for (let at = 1; at <= waiting; at++) await farm.answer(`/waits${at}`);
    await farm.answer('/kept2');
    assert.equal(farm.arrivals.at(-1), '/kept2@a');
    assert.match((await kept.readUntil('\r\n\r\n')).toString(), /^HTTP\/1\.1 200 /);
  });
}

const goes: readonly (readonly [title: string, proxy: string, waiting: number])[] = [
  ['without prefer-last-server a kept client goes where there is room', '', 0],
  [
    'with max-keep-alive-queue 0 a kept client never waits',
    'option prefer-last-server\n    max-keep-alive-queue 0',
    0,
  ],
  [
    'with as many waiting as max-keep-alive-queue it goes',
    'option prefer-last-server\n    max-keep-alive-queue 1',
    1,
  ],
];

for (const [title, proxy, waiting] of goes) {
  scenario(title, {}, async (t) => {
    const { farm, kept } = await meet(t, proxy, waiting);
    await kept.send(get('/kept2'));
    await farm.answer('/kept2');
    assert.equal(farm.arrivals.at(-1), '/kept2@b');
    assert.match((await kept.readUntil('\r\n\r\n')).toString(), /^HTTP\/1\.1 200 /);
  });
}
