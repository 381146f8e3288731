// The architecture guide's section 4.2 and 4.2.1: how the people of a server take it out without touching the proxy, by
// the port that the checks ask, and with a relay in the place of a firewall.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { get } from '../../harness/client.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { GUIDE_DEFAULTS, guideFarm } from '../../harness/document-farm.ts';
import type { HttpServer } from '../../harness/http-server.ts';
import { scenario } from '../../harness/scenario.ts';
import { documentScenario, movedSeedConfig, type Replacements } from '../../harness/seed-config.ts';
import { isUsed, NOTICED_MS, newVisitorsAvoid, TIMEOUT_MS, visit } from '../../harness/soft-stop.ts';

/** The farm with the ports of 4.2: 80 becomes 8080, and 81, which the checks of the first entries ask, 8181. */
async function farmWithTwoPorts(t: ScenarioContext): Promise<{
  readonly web: readonly HttpServer[];
  readonly checked: readonly HttpServer[];
  readonly replacements: Replacements;
}> {
  const web: HttpServer[] = [];
  const checked: HttpServer[] = [];
  const replacements: Record<string, string> = {
    '192.168.1.1:80': `${t.ip}:8080`,
    'port 80': 'port 8080',
    'port 81': 'port 8181',
  };
  for (const [at, name] of ['A', 'B', 'C', 'D'].entries()) {
    const host = t.address();
    web.push(await t.httpServer(name, { host, port: 8080 }));
    // The first one's second port is the business of the scenario.
    if (at > 0) checked.push(await t.httpServer(name, { host, port: 8181 }));
    replacements[`192.168.1.1${at + 1}:80`] = `${host}:8080`;
  }
  return { web, checked, replacements };
}

/** Starts the relay of 4.2.1 between the two ports of a server, as a daemon. */
async function startRelay(t: ScenarioContext, config: string, pidfile: string): Promise<void> {
  const program = await t.start(config, { background: true });
  assert.equal((await program.exit()).code, 0);
  assert.deepEqual([...program.stdout.lines, ...program.stderr.lines], [], 'quiet');
  assert.match(readFileSync(pidfile, 'latin1'), /^\d+\n$/);
}

documentScenario(
  'the port of the checks closes: nobody new; the port of the service closes: they move',
  '004-4.2-softstop-backup.cfg',
  { isSlow: true, timeoutMs: TIMEOUT_MS },
  async (t, config) => {
    const { web, replacements } = await farmWithTwoPorts(t);
    const [a] = web;
    assert.ok(a);
    const [host = ''] = a.address.split(':');
    // What 4.2 does with a firewall: here port 81 answers from the same service, until it does not.
    const door = await t.tcpServer({
      host,
      port: 8181,
      script: async (wire) => {
        await wire.readUntil('\r\n\r\n');
        await wire.send('HTTP/1.0 200 OK\r\n\r\n');
        wire.close();
      },
    });
    const program = await t.start(GUIDE_DEFAULTS + config(replacements));
    assert.deepEqual(await visit(t, 'A'), { server: 'A', given: undefined });

    await door.stop();
    await program.stderr.line(/Server .*\/webA is DOWN/, NOTICED_MS);
    await newVisitorsAvoid(t, 'A');
    assert.deepEqual(await visit(t, 'A'), { server: 'A', given: undefined }, 'by its backup entry');

    await a.stop();
    await program.stderr.line(/Backup Server .*\/bkpA is DOWN/, NOTICED_MS);
    const moved = await visit(t, 'A');
    assert.match(moved.server, /^[BCD]$/);
    assert.equal(moved.given, `SERVERID=${moved.server}; path=/`);

    await a.restart();
    await door.restart();
    await program.stderr.line(/Server .*\/webA is UP/, NOTICED_MS);
    await isUsed(t, 'A');
  },
);

documentScenario(
  'a relay for the checks, started and killed on the server itself',
  '004-4.2.1-checks-relay.cfg',
  { isSlow: true, timeoutMs: TIMEOUT_MS },
  async (t, config) => {
    const { web, replacements } = await farmWithTwoPorts(t);
    const [a] = web;
    assert.ok(a);
    const [host = ''] = a.address.split(':');
    const pidfile = `${t.directory}/haproxy-checks.pid`;
    const relay = config({
      '/var/run/haproxy-checks.pid': pidfile,
      '0.0.0.0:81': `${host}:8181`,
      '127.0.0.1:80': a.address,
    });
    await startRelay(t, relay, pidfile);
    assert.equal((await t.request({ host, port: 8181 }, get('/'))).text, 'A', 'what answers is the service');

    const balancer = await t.start(
      GUIDE_DEFAULTS + movedSeedConfig('004-4.2-softstop-backup.cfg', replacements),
    );
    await isUsed(t, 'A');
    // kill $(<pidfile)
    process.kill(Number(readFileSync(pidfile, 'latin1')), 'SIGTERM');
    await balancer.stderr.line(/Server .*\/webA is DOWN/, NOTICED_MS);
    await newVisitorsAvoid(t, 'A');
    assert.equal((await visit(t, 'A')).server, 'A');

    await startRelay(t, relay, pidfile);
    await balancer.stderr.line(/Server .*\/webA is UP/, NOTICED_MS);
    await isUsed(t, 'A');
  },
);

scenario('4.2.1: the relay fails when the service behind it does', { nbthread: 1 }, async (t) => {
  const { replacements, server } = await guideFarm(t);
  await t.start(
    movedSeedConfig('004-4.2.1-checks-relay.cfg', {
      '    daemon\n': '',
      'pidfile /var/run/haproxy-checks.pid': '',
      '0.0.0.0:81': replacements['192.168.1.1:80'] ?? '',
      '127.0.0.1:80': server('A').address,
    }),
  );
  assert.equal((await t.request(8080, get('/'))).text, 'A');
  await server('A').stop();
  const client = await t.connect(8080);
  assert.equal((await client.readToEnd()).toString(), '', 'no answer, which is what a check fails by');
});
