// set-priority-class and set-priority-offset: who goes first in queues.

import assert from 'node:assert/strict';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import { HeldFarm } from '../../harness/held-farm.ts';
import { scenario } from '../../harness/scenario.ts';

scenario('queues are in the order of class, then of time with its offset, then of arrival', {}, async (t) => {
  const farm = await HeldFarm.of(t, ['a']);
  await t.start(`${HTTP_DEFAULTS}
    timeout queue 30s
listen web
    bind ${t.ip}:8080
    cookie S insert indirect
    http-request set-priority-class req.hdr(class) if { req.hdr(class) -m found }
    http-request set-priority-offset req.hdr(offset) if { req.hdr(offset) -m found }
    server a ${farm.address('a')} maxconn 1 cookie a
${farm.statistics}`);
  await farm.ask('/first');
  await farm.came(1);
  const own = 'Cookie: S=a';
  const coming: readonly (readonly [path: string, ...headers: string[]])[] = [
    ['/plain1'],
    ['/class+1', 'class: 1'],
    ['/class-1', 'class: -1'],
    ['/early', 'offset: -100000'],
    ['/late', 'offset: 100000'],
    ['/plain2'],
    // The server's own queue is ordered alike, and both together.
    ['/own', own],
    ['/own-class-1', own, 'class: -1'],
    ['/class-1-again', 'class: -1'],
    ['/own-earlier', own, 'offset: -200000'],
    // Outside the range: the nearest value.
    ['/class-3000', 'class: -3000'],
    ['/class-2047', 'class: -2047'],
    ['/earliest', 'offset: -400000'],
    // A class counts for more than any offset.
    ['/class+1-earliest', 'class: 1', 'offset: -300000'],
    ['/plain3', 'class: x'],
  ];
  for (const [path, ...headers] of coming) await farm.ask(path, ...headers);
  const expected = [
    '/first',
    '/class-3000',
    '/class-2047',
    '/class-1',
    '/own-class-1',
    '/class-1-again',
    '/earliest',
    '/own-earlier',
    '/early',
    '/plain1',
    '/plain2',
    '/own',
    '/plain3',
    '/late',
    '/class+1-earliest',
    '/class+1',
  ];
  for (const path of expected) await farm.answer(path);
  assert.deepEqual(
    farm.arrivals,
    expected.map((path) => `${path}@a`),
  );
});
