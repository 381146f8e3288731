/** Names to addresses at the start, with a resolver that knows two names. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Configuration } from '../../../src/config/model.ts';
import { type ResolutionFault, resolveNames } from '../../../src/control/resolve-servers.ts';
import { configurationOf } from './configurations.ts';

const asked: string[] = [];

async function resolver(name: string, family: 0 | 4 | 6): Promise<string | undefined> {
  asked.push(`${name}/${family}`);
  if (name === 'both.test') return family === 4 ? '192.0.2.1' : '2001:db8::1';
  return name === 'four.test' && family !== 6 ? '192.0.2.4' : undefined;
}

async function resolve(
  text: string,
  options: { ignoreUnresolved?: boolean; getaddrinfo?: boolean } = {},
): Promise<{ configuration: Configuration; faults: ResolutionFault[]; hosts: string[] }> {
  asked.length = 0;
  const configuration = configurationOf(text);
  const faults = await resolveNames(configuration, {
    ignoreUnresolved: options.ignoreUnresolved ?? false,
    getaddrinfo: options.getaddrinfo ?? true,
    resolve: resolver,
  });
  const hosts = configuration.proxies.flatMap(({ servers }) =>
    servers.map(({ address }) =>
      'host' in address ? `${address.family} ${address.host}:${address.port}` : '',
    ),
  );
  return { configuration, faults, hosts };
}

test('names become addresses, each is asked for once, addresses stay', async () => {
  const { hosts, faults } = await resolve(`
backend b
  server s1 both.test:80
  server s2 four.test:81
  server s3 four.test:82
  server s4 ipv6@both.test:83
  server s5 127.0.0.1:84
`);
  assert.deepEqual(faults, []);
  assert.deepEqual(hosts, [
    'inet6 2001:db8::1:80',
    'inet 192.0.2.4:81',
    'inet 192.0.2.4:82',
    'inet6 2001:db8::1:83',
    'inet 127.0.0.1:84',
  ]);
  assert.deepEqual(asked, ['both.test/0', 'four.test/0', 'both.test/6']);
});

test('without getaddrinfo only IPv4 is asked for', async () => {
  const { hosts } = await resolve('backend b\n server s1 both.test:80', { getaddrinfo: false });
  assert.deepEqual(hosts, ['inet 192.0.2.1:80']);
});

test('a name that nobody knows keeps the process from starting; all of them are told', async () => {
  const { faults } = await resolve('backend b\n server s1 no.test:80\n server s2 nor.test:80');
  assert.deepEqual(faults, [
    { severity: 'alert', message: "[test.cfg:10] : 'server b/s1' : could not resolve address 'no.test'." },
    { severity: 'alert', message: "[test.cfg:11] : 'server b/s2' : could not resolve address 'nor.test'." },
    { severity: 'alert', message: 'Failed to initialize server(s) addr.' },
  ]);
});

test('init-addr: the first method that gives an address; none starts without', async () => {
  const { hosts, faults } = await resolve(`
backend b
  server s1 no.test:80 init-addr last,libc,192.0.2.9
  server s2 four.test:80 init-addr 192.0.2.9,libc
  server s3 no.test:80 init-addr libc,none
`);
  assert.deepEqual(faults, []);
  assert.deepEqual(hosts, ['inet 192.0.2.9:80', 'inet 192.0.2.9:80', 'inet no.test:80']);
});

test('-dr: the server starts without an address, with a warning', async () => {
  const { faults } = await resolve('backend b\n server s1 no.test:80', { ignoreUnresolved: true });
  assert.deepEqual(faults, [
    {
      severity: 'warning',
      message: "[test.cfg:10] : 'server b/s1' : could not resolve address 'no.test', disabling server.",
    },
  ]);
});

test('names of bind lines and of sources are resolved too', async () => {
  const { configuration, faults } = await resolve(`
listen a
  bind four.test:80
  server s1 127.0.0.1:80 source four.test
`);
  assert.deepEqual(faults, []);
  const [proxy] = configuration.proxies;
  assert.deepEqual(proxy?.binds[0]?.addresses, [{ family: 'inet', host: '192.0.2.4', port: 80 }]);
  assert.deepEqual(proxy?.servers[0]?.source?.address, { family: 'inet', host: '192.0.2.4', port: 0 });
  const failed = await resolve('listen a\n bind no.test:80');
  assert.match(
    failed.faults[0]?.message ?? '',
    /^parsing \[test\.cfg:10\] : 'bind' : invalid address: 'no\.test'/,
  );
});
