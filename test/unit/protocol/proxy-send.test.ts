/** Holds written PROXY headers to the bytes that HAProxy 2.6.12 sent to a server in the same situation. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  MAX_PROXY_V1_BYTES,
  PROXY_V2_OPTIONS,
  ProxyV2Details,
  writeProxyV1,
  writeProxyV2,
} from '../../../src/protocol/proxy-protocol/send.ts';
import { SocketAddress } from '../../../src/protocol/socket-address.ts';

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const latin1 = (text: string) => Buffer.from(text, 'latin1');

function v1(source: SocketAddress, destination: SocketAddress): string {
  const u8 = new Uint8Array(MAX_PROXY_V1_BYTES + 10).fill(0xaa);
  const length = writeProxyV1(u8, 5, source, destination);
  assert.ok(u8.subarray(0, 5).every((byte) => byte === 0xaa));
  assert.ok(u8.subarray(5 + length).every((byte) => byte === 0xaa));
  return Buffer.from(u8.subarray(5, 5 + length)).toString('latin1');
}

function inet(text: string, port: number): SocketAddress {
  const address = SocketAddress.parse(text, port);
  assert.ok(address, text);
  return address;
}

test('version 1 headers are those of HAProxy', () => {
  const unix = SocketAddress.unix('/run/f.sock');
  assert.equal(
    v1(inet('127.0.0.2', 20001), inet('127.0.0.1', 15101)),
    'PROXY TCP4 127.0.0.2 127.0.0.1 20001 15101\r\n',
  );
  assert.equal(v1(inet('::1', 34624), inet('::1', 15101)), 'PROXY TCP6 ::1 ::1 34624 15101\r\n');
  assert.equal(v1(unix, unix), 'PROXY UNKNOWN\r\n');
  assert.equal(v1(new SocketAddress(), inet('::1', 1)), 'PROXY UNKNOWN\r\n');
  // A client on a dual-stack listener, and families mixed by set-src.
  assert.equal(
    v1(inet('::ffff:127.0.0.1', 48384), inet('::ffff:127.0.0.1', 15102)),
    'PROXY TCP6 ::ffff:127.0.0.1 ::ffff:127.0.0.1 48384 15102\r\n',
  );
  assert.equal(
    v1(inet('2001:db8::9', 42996), inet('127.0.0.1', 15106)),
    'PROXY TCP6 2001:db8::9 ::ffff:127.0.0.1 42996 15106\r\n',
  );
  assert.equal(
    v1(inet('9.8.7.6', 46562), inet('::1', 15106)),
    'PROXY TCP6 ::ffff:9.8.7.6 ::1 46562 15106\r\n',
  );
  const all = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
  assert.equal(v1(inet(all, 65535), inet(all, 0)), `PROXY TCP6 ${all} ${all} 65535 0\r\n`);
});

/** Who the client was: its addresses as HAProxy saw them and what TLS told. */
interface Client {
  readonly source: SocketAddress | undefined;
  readonly destination: SocketAddress | undefined;
  readonly details: ProxyV2Details;
}

function client(
  from: [string, number] | 'unix' | 'check',
  to: [string, number] | undefined,
  id: string,
  set?: (d: ProxyV2Details) => void,
): Client {
  const details = new ProxyV2Details();
  details.uniqueId = latin1(id);
  set?.(details);
  if (from === 'check') {
    details.uniqueId = undefined;
    return { source: undefined, destination: undefined, details };
  }
  const unix = SocketAddress.unix('');
  if (from === 'unix' || to === undefined) return { source: unix, destination: unix, details };
  return { source: inet(...from), destination: inet(...to), details };
}

function v2(options: string, who: Client): string {
  let bits = 0;
  for (const word of options.split(',')) {
    if (word === '') continue;
    const bit = PROXY_V2_OPTIONS.get(word);
    assert.ok(bit, word);
    bits |= bit;
  }
  const u8 = new Uint8Array(400).fill(0xaa);
  const length = writeProxyV2(u8, 7, u8.length, who.source, who.destination, bits, who.details);
  assert.ok(u8.subarray(0, 7).every((byte) => byte === 0xaa));
  assert.ok(u8.subarray(7 + length).every((byte) => byte === 0xaa));
  assert.equal(writeProxyV2(u8, 7, 7 + length, who.source, who.destination, bits, who.details), length);
  assert.equal(writeProxyV2(u8, 7, 6 + length, who.source, who.destination, bits, who.details), -1);
  const hex = Buffer.from(u8.subarray(7, 7 + length)).toString('hex');
  assert.ok(hex.startsWith(SIGNATURE));
  return hex.slice(SIGNATURE.length);
}

/** As the frontend's certificate and a TLS 1.3 client without certificate, SNI and ALPN made them. */
function tls(details: ProxyV2Details): void {
  details.sslClientFlags = 1;
  details.sslVersion = latin1('TLSv1.3');
  details.sslCipher = latin1('TLS_AES_256_GCM_SHA384');
  details.sslSignature = latin1('RSA-SHA256');
  details.sslKey = latin1('RSA2048');
}

/** The same with client certificate, SNI and ALPN. */
function mutualTls(details: ProxyV2Details): void {
  tls(details);
  details.sslClientFlags = 7;
  details.sslCommonName = latin1('client.example');
  details.authority = latin1('sni.example');
  details.alpn = latin1('http/1.1');
}

const plain = (port: number) => client(['127.0.0.2', port + 5000], ['127.0.0.1', port], 'id-127.0.0.2');
const overTls = (port: number, set: (d: ProxyV2Details) => void) =>
  client(['127.0.0.2', port + 20000], ['127.0.0.1', port], 'id-127.0.0.2', set);
const ALL = 'ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority,crc32c,unique-id';

const captured: [string, Client, string][] = [
  ['', plain(15111), '2111000c7f0000027f0000014e8f3b07'],
  [
    '',
    client(['::1', 42762], ['::1', 15111], ''),
    '212100240000000000000000000000000000000100000000000000000000000000000001a70a3b07',
  ],
  ['', client('unix', undefined, ''), '20000000'],
  ['', overTls(15211, tls), '2111000c7f0000027f000001898b3b6b'],
  ['', overTls(15211, mutualTls), '211100177f0000027f000001898b3b6b010008687474702f312e31'],
  [
    '',
    client(['2001:db8::9', 48866], ['127.0.0.1', 15105], ''),
    '2121002420010db800000000000000000000000900000000000000000000ffff7f000001bee23b01',
  ],
  [
    '',
    client(['9.8.7.6', 33108], ['::1', 15105], ''),
    '2121002400000000000000000000ffff090807060000000000000000000000000000000181543b01',
  ],
  ['crc32c', plain(15112), '211100137f0000027f0000014e903b080300048a11322e'],
  ['crc32c', client('unix', undefined, ''), '20000007030004a9b87e8f'],
  [
    'crc32c',
    overTls(15212, mutualTls),
    '2111001e7f0000027f000001898c3b6c0300047efb9c09010008687474702f312e31',
  ],
  ['unique-id', plain(15113), '2111001b7f0000027f0000014e913b0905000c69642d3132372e302e302e32'],
  [
    'unique-id',
    overTls(15213, mutualTls),
    '211100267f0000027f000001898d3b6d010008687474702f312e3105000c69642d3132372e302e302e32',
  ],
  ['ssl', plain(15114), '211100147f0000027f0000014e923b0a2000050000000000'],
  ['ssl', overTls(15214, tls), '2111001e7f0000027f000001898e3b6e20000f0100000000210007544c5376312e33'],
  ['cert-cn', overTls(15215, tls), '2111001e7f0000027f000001898f3b6f20000f0100000000210007544c5376312e33'],
  [
    'cert-cn',
    overTls(15215, mutualTls),
    '2111003a7f0000027f000001898f3b6f010008687474702f312e312000200700000000210007544c5376312e3322000e636c69656e742e6578616d706c65',
  ],
  [
    'ssl-cipher',
    overTls(15216, tls),
    '211100377f0000027f00000189903b702000280100000000210007544c5376312e33230016544c535f4145535f3235365f47434d5f534841333834',
  ],
  [
    'cert-sig',
    overTls(15217, tls),
    '2111002b7f0000027f00000189913b7120001c0100000000210007544c5376312e3324000a5253412d534841323536',
  ],
  [
    'cert-key',
    overTls(15218, tls),
    '211100287f0000027f00000189923b722000190100000000210007544c5376312e3325000752534132303438',
  ],
  ['authority', plain(15119), '2111000c7f0000027f0000014e973b0f'],
  [
    'authority',
    overTls(15219, mutualTls),
    '211100257f0000027f00000189933b73010008687474702f312e3102000b736e692e6578616d706c65',
  ],
  [
    ALL,
    plain(15120),
    '2111002a7f0000027f0000014e983b10030004a6df434005000c69642d3132372e302e302e322000050000000000',
  ],
  [
    ALL,
    client(['::1', 51624], ['::1', 15120], 'id-::1'),
    '2121003c0000000000000000000000000000000100000000000000000000000000000001c9a83b10030004f4433bd805000669642d3a3a312000050000000000',
  ],
  [ALL, client('unix', undefined, 'id-'), '200000150300042f4674bc05000369642d2000050000000000'],
  [
    ALL,
    client(['::1', 111], ['::2', 222], 'id-::1', (d) => {
      d.authority = latin1('auth.example');
    }),
    '2121004b0000000000000000000000000000000100000000000000000000000000000002006f00de030004f371903e02000c617574682e6578616d706c6505000669642d3a3a312000050000000000',
  ],
  [
    ALL,
    overTls(15220, tls),
    '211100647f0000027f00000189943b740300045597070605000c69642d3132372e302e302e3220003f0100000000210007544c5376312e332500075253413230343824000a5253412d534841323536230016544c535f4145535f3235365f47434d5f534841333834',
  ],
  [
    ALL,
    overTls(15220, mutualTls),
    '2111008e7f0000027f00000189943b74030004e00ad984010008687474702f312e3102000b736e692e6578616d706c6505000c69642d3132372e302e302e322000500700000000210007544c5376312e3322000e636c69656e742e6578616d706c652500075253413230343824000a5253412d534841323536230016544c535f4145535f3235365f47434d5f534841333834',
  ],
  // unique-id asked for, but no unique-id-format in the frontend.
  [
    'unique-id,crc32c',
    client(['127.0.0.2', 20124], ['127.0.0.1', 15124], ''),
    '211100167f0000027f0000014e9c3b1403000496953874050000',
  ],
  [
    'crc32c,ssl,unique-id',
    client(['127.0.0.1', 33846], ['127.0.0.1', 15401], '', (d) => {
      d.netns = latin1('nsx');
    }),
    '211100247f0000017f00000184363c290300043553dd1c05000020000500000000003000036e7378',
  ],
  // Health checks.
  ['', client('check', undefined, ''), '20000000'],
  [
    'ssl,cert-cn,crc32c,unique-id,authority',
    client('check', undefined, ''),
    '2000000f030004889da1df2000050000000000',
  ],
];

test('version 2 headers are those of HAProxy', () => {
  for (const [options, who, hex] of captured) {
    assert.equal(v2(options, who), hex, options);
  }
});
