// What happens when the chosen server does not take the connection: retries, and `option redispatch`.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS, httpLoggedTo } from '../../harness/config-text.ts';
import { parseHttpLog, parseRfc3164 } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';

scenario('option redispatch: the last retry goes to another server, marked + in the log', {}, async (t) => {
  const good = await t.httpServer('good');
  const log = await t.syslog();
  await t.start(`${httpLoggedTo(log.address)}
    option redispatch
    retries 1
listen web
    bind ${t.ip}:8080
    server bad ${await t.refusingAddress()}
    server good ${good.address}
`);
  const response = await t.request(8080, get());
  assert.equal(response.text, 'good');
  const line = parseHttpLog(parseRfc3164(await log.line(/GET/)).message);
  assert.equal(line.server, 'good');
  assert.deepEqual(
    { retries: line.retries, redispatched: line.redispatched },
    { retries: 1, redispatched: true },
  );
  assert.equal(line.flags, '----');
});

scenario('option redispatch 1 changes the server at every retry', {}, async (t) => {
  const good = await t.httpServer('good');
  const log = await t.syslog();
  await t.start(`${httpLoggedTo(log.address)}
    option redispatch 1
    retries 3
listen web
    bind ${t.ip}:8080
    server bad ${await t.refusingAddress()}
    server good ${good.address}
`);
  assert.equal((await t.request(8080, get())).text, 'good');
  const line = parseHttpLog(parseRfc3164(await log.line(/GET/)).message);
  assert.deepEqual(
    { retries: line.retries, redispatched: line.redispatched },
    { retries: 1, redispatched: true },
  );
});

scenario('without redispatch all retries go to the same server, then 503', {}, async (t) => {
  const good = await t.httpServer('good');
  const log = await t.syslog();
  await t.start(`${httpLoggedTo(log.address)}
    retries 1
listen web
    bind ${t.ip}:8080
    server bad ${await t.refusingAddress()}
    server good ${good.address}
`);
  assert.equal((await t.request(8080, get())).status, 503);
  const line = parseHttpLog(parseRfc3164(await log.line(/GET/)).message);
  assert.equal(line.server, 'bad');
  assert.equal(line.flags, 'SC--');
  assert.deepEqual(
    { retries: line.retries, redispatched: line.redispatched },
    { retries: 1, redispatched: false },
  );
  assert.equal(good.connectionCount, 0);
});

scenario('retries 0 gives up at the first failure', {}, async (t) => {
  const log = await t.syslog();
  await t.start(`${httpLoggedTo(log.address)}
    retries 0
listen web
    bind ${t.ip}:8080
    server bad ${await t.refusingAddress()}
`);
  assert.equal((await t.request(8080, get())).status, 503);
  const line = parseHttpLog(parseRfc3164(await log.line(/GET/)).message);
  assert.equal(line.retries, 0);
  assert.ok(line.timers.ta < 900, `${line.timers.ta} ms`);
});

scenario('a request with a body is redispatched whole', {}, async (t) => {
  const good = await t.httpServer('good');
  await t.start(`${HTTP_DEFAULTS}
    option redispatch 1
listen web
    bind ${t.ip}:8080
    server bad ${await t.refusingAddress()}
    server good ${good.address}
`);
  const body = 'b'.repeat(5000);
  const raw = `POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  assert.equal((await t.request(8080, raw)).text, 'good');
  assert.equal((await good.request()).body.toString(), body);
});

scenario('a server that closes without an answer is not retried by default: 502, SH--', {}, async (t) => {
  const server = await t.tcpServer({
    script: async (wire) => {
      await wire.readUntil('\r\n\r\n');
      await wire.halfClose();
    },
  });
  const log = await t.syslog();
  await t.start(`${httpLoggedTo(log.address)}
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  assert.equal((await t.request(8080, get())).status, 502);
  const line = parseHttpLog(parseRfc3164(await log.line(/GET/)).message);
  assert.equal(line.flags, 'SH--');
  assert.equal(line.status, 502);
  assert.equal(line.timers.tr, -1);
  assert.equal(server.connectionCount, 1);
});

scenario('retry-on empty-response sends the request again', {}, async (t) => {
  const server = await t.tcpServer({
    script: async (wire, index) => {
      await wire.readUntil('\r\n\r\n');
      if (index > 0) await wire.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond');
      await wire.halfClose();
    },
  });
  await t.start(`${HTTP_DEFAULTS}
    retry-on empty-response
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  assert.equal((await t.request(8080, get())).text, 'second');
  assert.equal(server.connectionCount, 2);
});

scenario('retry-on a status sends the request again', {}, async (t) => {
  const server = await t.httpServer(({ connection }) =>
    connection === 0
      ? { raw: 'HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy', afterwards: 'close' }
      : 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone',
  );
  await t.start(`${HTTP_DEFAULTS}
    retry-on 503
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  assert.equal((await t.request(8080, get())).text, 'done');
  assert.equal(server.requests.length, 2);
});

scenario('a reused connection that the server has just closed costs the client nothing', {}, async (t) => {
  const server = await t.tcpServer({
    script: async (wire, index) => {
      await wire.readUntil('\r\n\r\n');
      await wire.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      if (index === 0) {
        // The second request arrives on this connection and meets its end.
        await wire.readUntil('\r\n\r\n');
        wire.reset();
      }
    },
  });
  await t.start(`${HTTP_DEFAULTS}
    retry-on conn-failure empty-response
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  const client = await t.connect(8080);
  for (let at = 0; at < 2; at++) {
    await client.send(get());
    assert.match((await client.readUntil('\r\n\r\nok')).toString(), /^HTTP\/1.1 200 OK/);
  }
  assert.equal(server.connectionCount, 2);
});
