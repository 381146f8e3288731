// persist rdp-cookie: the address of a terminal server in the first packet of an RDP client.

import assert from 'node:assert/strict';
import { TCP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { scenario } from '../../harness/scenario.ts';
import type { TcpServer } from '../../harness/tcp-server.ts';

const HEADERS = '\x03\x00\x00\x2a\x25\xe0\x00\x00\x00\x00\x00';

function packet(value: string, name = 'msts'): string {
  return `${HEADERS}Cookie: ${name}=${value}\r\n`;
}

/** Address and port as a little-endian machine reads their bytes. */
function numbers({ host, port }: TcpServer): { address: number; port: number } {
  const bytes = host.split('.').map(Number);
  const address = bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
  return { address, port: (port % 256) * 256 + Math.floor(port / 256) };
}

function cookieOf(server: TcpServer): string {
  const { address, port } = numbers(server);
  return `${address}.${port}.0000`;
}

async function greeter(t: ScenarioContext, name: string): Promise<TcpServer> {
  return await t.tcpServer({ name, host: t.address(), script: (wire) => wire.send(name) });
}

/** Who answers a client that begins like this. */
async function answers(t: ScenarioContext, said: string): Promise<string> {
  const wire = await t.connect(8080);
  await wire.send(Buffer.from(said, 'latin1'));
  const name = (await wire.read(1)).toString();
  wire.close();
  return name;
}

/** Only `a` gets balanced connections: whoever reaches `b` was sent there. */
async function start(t: ScenarioContext, lines: readonly string[], ofB = 'weight 0'): Promise<TcpServer> {
  const a = await greeter(t, 'a');
  const b = await greeter(t, 'b');
  await t.start(`${TCP_DEFAULTS}
listen farm
    bind ${t.ip}:8080
    tcp-request inspect-delay 200ms
    tcp-request content accept if RDP_COOKIE
    ${lines.join('\n    ')}
    server a ${a.address}
    server b ${b.address} ${ofB}
`);
  return b;
}

scenario('persist rdp-cookie: forms of the value', {}, async (t) => {
  const b = await start(t, ['persist rdp-cookie']);
  const { address, port } = numbers(b);
  const cases: [string, string][] = [
    [`${address}.${port}.0000`, 'b'],
    [`${address}.${port}.`, 'b'],
    [`${address}.${port}`, 'a'],
    [`${address}.${port}.anything`, 'b'],
    [`${address}.${port}x.0000`, 'a'],
    [`${address}x.${port}.0000`, 'a'],
    [`${address} .${port}.0000`, 'a'],
    [` ${address}. ${port}.0000`, 'b'],
    [`+${address}.+${port}.0000`, 'b'],
    [`0${address}.00${port}.0000`, 'b'],
    [`0x${address.toString(16)}.${port}.0000`, 'a'],
    [`${address + 2 ** 32}.${port + 2 ** 16}.0000`, 'b'],
    [`${2n ** 64n + BigInt(address)}.${port}.0000`, 'a'],
    [`-${2 ** 32 - address}.-${2 ** 16 - port}.0000`, 'b'],
    [`${address}.${(port + 1) % 65536}.0000`, 'a'],
    ['.', 'a'],
    ['', 'a'],
  ];
  for (const [value, server] of cases) assert.equal(await answers(t, packet(value)), server, value);
});

scenario('persist rdp-cookie: the packet around it', {}, async (t) => {
  const b = await start(t, ['persist rdp-cookie']);
  const value = cookieOf(b);
  const cases: [string, string][] = [
    [packet(value, 'MSTS'), 'b'],
    [packet(value, 'mstshash'), 'a'],
    [`${packet(value)}more`, 'b'],
    [`ELEVENBYTEScookie:msts=${value}\r\n`, 'b'],
    [`\x03\x00\x00Cookie: msts=${value}\r\n`, 'a'],
    // As long as it is not known where it ends there is none.
    [packet(value).slice(0, -2), 'a'],
    ['x', 'a'],
  ];
  for (const [said, server] of cases) assert.equal(await answers(t, said), server, JSON.stringify(said));
});

scenario('persist rdp-cookie(name): only that one', {}, async (t) => {
  const b = await start(t, ['persist rdp-cookie(Own)']);
  assert.equal(await answers(t, packet(cookieOf(b), 'own')), 'b');
  assert.equal(await answers(t, packet(cookieOf(b))), 'a');
});

for (const [lines, ofB, server] of [
  [[], 'disabled', 'a'],
  [['option persist'], 'disabled', 'b'],
  // In TCP these two do not concern the cookie.
  [['force-persist if TRUE'], 'disabled', 'a'],
  [['ignore-persist if TRUE'], 'weight 0', 'b'],
  [['use-server a if TRUE'], 'weight 0', 'a'],
  [['balance rdp-cookie'], 'weight 0', 'b'],
] as const) {
  scenario(`persist rdp-cookie, ${lines.join() || 'alone'}, server ${ofB}: ${server}`, {}, async (t) => {
    const b = await start(t, ['persist rdp-cookie', ...lines], ofB);
    assert.equal(await answers(t, packet(cookieOf(b))), server);
  });
}

scenario('persist rdp-cookie: a server that refuses is left by a redispatch', {}, async (t) => {
  const b = await start(t, ['persist rdp-cookie', 'option redispatch', 'retries 1']);
  await b.stop();
  assert.equal(await answers(t, packet(cookieOf(b))), 'a');
});

scenario('balance rdp-cookie takes who is not tied: one server for each user', {}, async (t) => {
  await start(t, ['persist rdp-cookie', 'balance rdp-cookie(mstshash)'], '');
  const users = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi'];
  const first: string[] = [];
  for (const user of users) first.push(await answers(t, packet(user, 'mstshash')));
  assert.deepEqual([...new Set(first)].sort(), ['a', 'b']);
  for (const [at, user] of users.entries())
    assert.equal(await answers(t, packet(user, 'mstshash')), first[at]);
});
