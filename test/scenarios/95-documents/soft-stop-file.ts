// The architecture guide's section 4.1: how the people of a server take it out without touching the proxy, by a file
// that the checks ask for.

import assert from 'node:assert/strict';
import { GUIDE_DEFAULTS } from '../../harness/document-farm.ts';
import { answer, type HttpServer } from '../../harness/http-server.ts';
import { documentScenario } from '../../harness/seed-config.ts';
import { isUsed, NOTICED_MS, newVisitorsAvoid, TIMEOUT_MS, visit } from '../../harness/soft-stop.ts';
import { poll } from '../../harness/waiting.ts';

documentScenario(
  'a server without the file gets nobody new and keeps whom it has; once stopped, they move',
  '004-4.1-softstop-file.cfg',
  { isSlow: true, timeoutMs: TIMEOUT_MS },
  async (t, config) => {
    let hasFile = true;
    const servers: HttpServer[] = [];
    const replacements: Record<string, string> = { '192.168.1.1:80': `${t.ip}:8080` };
    for (const [at, name] of ['A', 'B', 'C', 'D'].entries()) {
      const server = await t.httpServer(
        ({ method, target }) =>
          method === 'HEAD'
            ? { raw: `HTTP/1.0 ${name === 'A' && !hasFile ? 404 : 200} Status\r\n\r\n`, afterwards: 'close' }
            : answer(200, `${name}${target === '/' ? '' : target}`),
        { name, host: t.address() },
      );
      servers.push(server);
      replacements[`192.168.1.1${at + 1}:80`] = server.address;
    }
    const [a] = servers;
    assert.ok(a);
    const program = await t.start(GUIDE_DEFAULTS + config(replacements));
    assert.deepEqual(await visit(t, 'A'), { server: 'A', given: undefined });
    const check = await poll(() => a.requests.find(({ method }) => method === 'HEAD'), 'a check');
    assert.equal(check.startLine, 'HEAD /running HTTP/1.0');

    hasFile = false;
    assert.match(
      await program.stderr.line(/\/webA is DOWN/, NOTICED_MS),
      /reason: Layer7 wrong status, code: 404/,
    );
    await newVisitorsAvoid(t, 'A');
    assert.deepEqual(await visit(t, 'A'), { server: 'A', given: undefined }, 'option persist');

    await a.stop();
    const moved = await visit(t, 'A');
    assert.match(moved.server, /^[BCD]$/);
    assert.equal(moved.given, `SERVERID=${moved.server}; path=/`);

    await a.restart();
    hasFile = true;
    await program.stderr.line(/\/webA is UP/, NOTICED_MS);
    await isUsed(t, 'A');
  },
);
