/** Holds the reader of PROXY headers to HAProxy's verdicts, at every split, and to its bounds under fuzzing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  handshakeErrorMessage,
  PROXY_INVALID,
  PROXY_NOT_A_HEADER,
  PROXY_TRUNCATED,
  PROXY_UNHANDLED_PROTOCOL,
} from '../../../src/protocol/proxy-protocol/handshake-error.ts';
import { ProxyHeader } from '../../../src/protocol/proxy-protocol/proxy-header.ts';
import { parseProxyHeader } from '../../../src/protocol/proxy-protocol/receive.ts';
import { PROXY_V2_CRC32C, ProxyV2Details, writeProxyV2 } from '../../../src/protocol/proxy-protocol/send.ts';
import { FAMILY_NONE, SocketAddress } from '../../../src/protocol/socket-address.ts';
import { readGolden } from '../golden-file.ts';

const rows = readGolden('protocol/golden/proxy-received.txt', 4);

/** A copy at an odd place with bytes around it that would change the outcome if they were read. */
function place(bytes: Uint8Array): { u8: Uint8Array; offset: number; end: number } {
  const u8 = new Uint8Array(bytes.length + 40).fill(0x20);
  u8.set(bytes, 17);
  return { u8, offset: 17, end: 17 + bytes.length };
}

function logged(header: ProxyHeader, address: SocketAddress): string {
  return header.proxied ? `${address}:${address.port}` : 'real';
}

test('every captured header gets the verdict that HAProxy gave', () => {
  const header = new ProxyHeader();
  assert.ok(rows.length > 200);
  for (const { words, bytes, line } of rows) {
    const { u8, offset, end } = place(bytes);
    const result = parseProxyHeader(u8, offset, end, header);
    const error = result > 0 ? 0 : result === 0 ? PROXY_TRUNCATED : -result;
    assert.equal(error, Number(words[0]), line);
    if (words[1] !== '-') assert.equal(result, Number(words[1]), line);
    assert.equal(logged(header, header.source), words[2], line);
    assert.equal(logged(header, header.destination), words[3], line);
  }
});

test('an accepted header is incomplete at every shorter length, and independent of what follows', () => {
  const header = new ProxyHeader();
  for (const { words, bytes, line } of rows) {
    if (words[0] !== '0' || words[1] === '-') continue;
    const taken = Number(words[1]);
    for (let length = 0; length < taken; length++) {
      const { u8, offset, end } = place(bytes.subarray(0, length));
      assert.equal(parseProxyHeader(u8, offset, end, header), 0, `${length} bytes of ${line}`);
    }
    const { u8, offset, end } = place(bytes.subarray(0, taken));
    assert.equal(parseProxyHeader(u8, offset, end, header), taken, line);
  }
});

test('a refused header was never accepted at a shorter length', () => {
  const header = new ProxyHeader();
  for (const { words, bytes, line } of rows) {
    if (words[0] === '0') continue;
    for (let length = 0; length <= bytes.length; length++) {
      const { u8, offset, end } = place(bytes.subarray(0, length));
      assert.ok(parseProxyHeader(u8, offset, end, header) <= 0, `${length} bytes of ${line}`);
    }
  }
});

test('the values of a version 2 header are found where they lie', () => {
  const text = (value: { offset: number; lengthBytes: number }) =>
    value.lengthBytes < 0
      ? undefined
      : Buffer.from(u8).toString('latin1', value.offset, value.offset + value.lengthBytes);
  // Sent by HAProxy for a TLS client with a certificate and all options on.
  const sent =
    '0d0a0d0a000d0a515549540a2111008e7f0000027f00000189943b74030004e00ad984010008687474702f312e3102000b736e692e6578616d706c65' +
    '05000c69642d3132372e302e302e322000500700000000210007544c5376312e3322000e636c69656e742e6578616d706c652500075253413230343824' +
    '000a5253412d534841323536230016544c535f4145535f3235365f47434d5f534841333834';
  const { u8, offset, end } = place(Buffer.from(sent, 'hex'));
  const header = new ProxyHeader();
  assert.equal(parseProxyHeader(u8, offset, end, header), end - offset);
  assert.equal(header.version, 2);
  assert.equal(header.source.describe(), '127.0.0.2:35220');
  assert.equal(header.destination.describe(), '127.0.0.1:15220');
  assert.ok(header.checksummed);
  assert.equal(text(header.alpn), 'http/1.1');
  assert.equal(text(header.authority), 'sni.example');
  assert.equal(text(header.uniqueId), 'id-127.0.0.2');
  assert.equal(text(header.netns), undefined);
  assert.ok(header.sslPresent);
  assert.equal(header.sslClientFlags, 7);
  assert.equal(header.sslVerify, 0);
  assert.equal(text(header.sslVersion), 'TLSv1.3');
  assert.equal(text(header.sslCommonName), 'client.example');
  assert.equal(text(header.sslCipher), 'TLS_AES_256_GCM_SHA384');
  assert.equal(text(header.sslSignature), 'RSA-SHA256');
  assert.equal(text(header.sslKey), 'RSA2048');
  assert.equal(header.tlvs.lengthBytes, 0x8e - 12);

  // Any flipped bit in a checksummed header is noticed.
  for (let bit = 0; bit < (end - offset) * 8; bit++) {
    const at = offset + (bit >> 3);
    // Another type in its place makes it an unchecked header.
    if (at === offset + 28) continue;
    u8[at]! ^= 1 << (bit & 7);
    const result = parseProxyHeader(u8, offset, end, header);
    // The command bit makes it LOCAL, which is not checked, as in HAProxy.
    if (at === offset + 12 && (bit & 7) === 0) assert.equal(header.proxied, false);
    else assert.ok(result <= 0, `bit ${bit}`);
    u8[at]! ^= 1 << (bit & 7);
  }
  parseProxyHeader(Buffer.from('PROXY UNKNOWN\r\n'), 0, 15, header);
  assert.deepEqual(header.version, 1);
  assert.equal(header.source.family, FAMILY_NONE);
  assert.equal(text(header.alpn), undefined);
  assert.equal(header.sslPresent, false);
});

test('the errors have the texts that HAProxy logs', () => {
  assert.equal(handshakeErrorMessage(PROXY_TRUNCATED), 'Truncated PROXY protocol header received');
  assert.equal(
    handshakeErrorMessage(PROXY_NOT_A_HEADER),
    'Received something which does not look like a PROXY protocol header',
  );
  assert.equal(handshakeErrorMessage(PROXY_INVALID), 'Received an invalid PROXY protocol header');
  assert.equal(
    handshakeErrorMessage(PROXY_UNHANDLED_PROTOCOL),
    'Received an unhandled protocol in the PROXY protocol header',
  );
  assert.equal(handshakeErrorMessage(0), undefined);
});

test('no bytes make the reader throw, look behind the end or take more than there is', () => {
  const header = new ProxyHeader();
  const mutated = fc
    .tuple(
      fc.constantFrom(...rows),
      fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 4 }),
      fc.nat(400),
    )
    .map(([row, changes, length]) => {
      const bytes = Buffer.from(row.bytes.subarray(0, length));
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      return bytes;
    });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 40 })), fc.nat(255), (bytes, around) => {
      const { u8, offset, end } = place(bytes);
      const first = parseProxyHeader(u8, offset, end, header);
      assert.ok(first <= end - offset);
      for (const value of [header.alpn, header.authority, header.uniqueId, header.netns, header.sslVersion]) {
        assert.ok(
          value.lengthBytes < 0 || (value.offset >= offset && value.offset + value.lengthBytes <= end),
        );
      }
      u8.fill(around, 0, offset);
      u8.fill(around, end);
      assert.equal(parseProxyHeader(u8, offset, end, header), first);
    }),
    { numRuns: 3000 },
  );
});

test('what is written is read back', () => {
  const port = fc.nat(65535);
  const host = fc.oneof(fc.ipV4(), fc.ipV6());
  const header = new ProxyHeader();
  const u8 = new Uint8Array(600);
  const details = new ProxyV2Details();
  fc.assert(
    fc.property(
      host,
      host,
      port,
      port,
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(50),
      (from, to, p, q, alpn, offset) => {
        const source = SocketAddress.parse(from, p)!;
        const destination = SocketAddress.parse(to, q)!;
        details.alpn = alpn;
        const length = writeProxyV2(u8, offset, u8.length, source, destination, PROXY_V2_CRC32C, details);
        assert.ok(length > 0);
        assert.equal(parseProxyHeader(u8, offset, offset + length, header), length);
        if (source.family !== destination.family) {
          source.mapToInet6();
          destination.mapToInet6();
        }
        assert.ok(header.source.equals(source) && header.destination.equals(destination));
        assert.equal(Math.max(header.alpn.lengthBytes, 0), alpn.length);
        assert.ok(header.checksummed);
      },
    ),
  );
});
