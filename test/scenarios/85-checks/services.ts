// Checks that speak a protocol, against the servers that it is made for.

import assert from 'node:assert/strict';
import type { ScenarioContext } from '../../harness/context.ts';
import { parseRfc3164 } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';
import { mariadb, msmtpd, postgresql, redis, type Service, slapd } from '../../harness/services.ts';

/** The first line about each server: what its check has found. Checks have the time that a busy machine takes. */
async function firstResults(
  t: ScenarioContext,
  cases: Readonly<Record<string, { readonly rules: string; readonly service: Service }>>,
): Promise<Record<string, string>> {
  const log = await t.syslog();
  const backends = Object.entries(cases).map(
    ([name, { rules, service }]) => `backend ${name}
    ${rules}
    server s ${service.address} check
`,
  );
  await t.start(`
global
    log ${log.address} local0
    max-spread-checks 100
defaults
    log global
    option log-health-checks
    timeout connect 10s
    timeout client 10s
    timeout server 10s
    timeout check 10s
    default-server inter 500ms fall 1 rise 1
frontend unused
    bind ${t.ip}:8080
${backends.join('')}`);
  const results: Record<string, string> = {};
  for (const name of Object.keys(cases)) {
    const [line = ''] = await log.allOf([new RegExp(`Health check for server ${name}/s `)], 15_000);
    const { message } = parseRfc3164(line);
    results[name] = message.replace(/^Health check for server \S+ (.*), check duration: .*$/, '$1');
  }
  for (const [name, { service }] of Object.entries(cases)) {
    if (results[name]?.startsWith('succeeded') !== true) continue;
    await service.kill();
    await log.allOf([
      new RegExp(`server ${name}/s failed, reason: (?:Layer4 connection problem|Socket error)`),
    ]);
    await log.allOf([new RegExp(`Server ${name}/s is DOWN`)]);
  }
  return results;
}

const PASSED = 'succeeded, reason: Layer7 check passed, code: 0';

// Checks are the main thread's business: the number of data threads makes no difference.
scenario('option redis-check and Redis', { nbthread: 1, needs: ['redis-server'] }, async (t) => {
  const rules = 'option redis-check';
  assert.deepEqual(await firstResults(t, { ok: { rules, service: await redis(t) } }), {
    ok: `${PASSED}, info: "Redis server is ok"`,
  });
});

scenario('option pgsql-check and PostgreSQL', { nbthread: 1, needs: ['postgresql'] }, async (t) => {
  const service = await postgresql(t);
  assert.deepEqual(
    await firstResults(t, {
      stranger: { rules: 'option pgsql-check user eve', service },
      known: { rules: 'option pgsql-check user bob', service },
    }),
    {
      stranger: 'failed, reason: Layer7 invalid response, info: "FATAL"',
      known: `${PASSED}, info: "PostgreSQL server is ok"`,
    },
  );
});

scenario('option mysql-check and MariaDB', { nbthread: 1, needs: ['mariadbd'] }, async (t) => {
  const service = await mariadb(t);
  const results = await firstResults(t, {
    user: { rules: 'option mysql-check user joe', service },
    old: { rules: 'option mysql-check user joe pre-41', service },
    nobody: { rules: 'option mysql-check', service },
  });
  const version = /^succeeded, reason: Layer7 check passed, code: 0, info: "[^"]*MariaDB[^"]*"$/;
  for (const [name, result] of Object.entries(results)) assert.match(result, version, name);
});

scenario('option ldap-check and OpenLDAP', { nbthread: 1, needs: ['slapd'] }, async (t) => {
  const rules = 'option ldap-check';
  assert.deepEqual(
    await firstResults(t, {
      open: { rules, service: await slapd(t, { anonymous: true }) },
      closed: { rules, service: await slapd(t, { anonymous: false }) },
    }),
    {
      open: `${PASSED}, info: "Success"`,
      closed:
        'failed, reason: Layer7 wrong status, code: 48, info: "See RFC: http://tools.ietf.org/html/rfc4511#section-4.1.9"',
    },
  );
});

scenario('option smtpchk and an SMTP server', { nbthread: 1, needs: ['msmtpd'] }, async (t) => {
  const results = await firstResults(t, {
    helo: { rules: 'option smtpchk', service: await msmtpd(t) },
    ehlo: { rules: 'option smtpchk EHLO sluice.test', service: await msmtpd(t) },
  });
  for (const [name, result] of Object.entries(results)) {
    assert.match(result, /^succeeded, reason: Layer7 check passed, code: 221, info: ".*"$/, name);
  }
});
