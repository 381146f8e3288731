/** Holds the text and `sockaddr` forms of addresses against what the system itself prints and accepts. */
import assert from 'node:assert/strict';
import { isIPv4, isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  FAMILY_INET,
  FAMILY_INET6,
  FAMILY_NONE,
  FAMILY_UNIX,
  SOCKADDR_MAX_BYTES,
  SocketAddress,
} from '../../../src/protocol/socket-address.ts';

const canonical: [string, string][] = [
  ['0.0.0.0', '0.0.0.0'],
  ['127.0.0.1', '127.0.0.1'],
  ['255.255.255.255', '255.255.255.255'],
  ['10.20.30.104', '10.20.30.104'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:DB8::1', '2001:db8::1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['0:1:2:3:4:5:6:7', '0:1:2:3:4:5:6:7'],
  ['0:0:1:2:3:4:5:6', '::1:2:3:4:5:6'],
  ['1:2:3:4:5:6:0:0', '1:2:3:4:5:6::'],
  ['::ffff:192.168.1.2', '::ffff:192.168.1.2'],
  ['::ffff:c0a8:102', '::ffff:192.168.1.2'],
  ['::1:2', '::0.1.0.2'],
  ['::1.2.3.4', '::1.2.3.4'],
  ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
  ['fe80::00a:00b', 'fe80::a:b'],
];

test('numeric addresses print in the canonical form', () => {
  for (const [text, printed] of canonical) {
    const address = SocketAddress.parse(text, 80);
    assert.ok(address, text);
    assert.equal(address.family, text.includes(':') ? FAMILY_INET6 : FAMILY_INET);
    assert.equal(address.toString(), printed);
  }
});

test('what is no numeric address is refused and leaves the address unspecified', () => {
  const bad = [
    '',
    '1',
    '1.2.3',
    '1.2.3.',
    '1.2.3.4.',
    '.1.2.3.4',
    '1..2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '00.0.0.0',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.a',
    '-1.2.3.4',
    ':',
    ':1',
    '1:',
    ':::',
    '1:::2',
    '1::2::3',
    '12345::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8:',
    ':1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7::8',
    '::1.2.3',
    '::1.2.3.4:5',
    '1:2:3:4:5:6:7:1.2.3.4',
    'g::',
    '[::1]',
    '::1%lo',
    '::ffff:1.2.3.04',
    'localhost',
    '1.2.3.4\0',
    '\u00b9.2.3.4',
    'x'.repeat(100),
  ];
  const address = new SocketAddress();
  for (const text of bad) {
    assert.equal(address.setText(text, 80), false, JSON.stringify(text));
    assert.equal(address.family, FAMILY_NONE);
    assert.deepEqual(address.bytes, new Uint8Array(16));
  }
});

test('strings that look like addresses are accepted exactly when the system accepts them', () => {
  const character = fc.constantFrom(...'0123456789abF:::...');
  fc.assert(
    fc.property(fc.string({ unit: character, maxLength: 42 }), (text) => {
      assert.equal(SocketAddress.parse(text) !== undefined, isIPv4(text) || isIPv6(text), text);
    }),
    { numRuns: 3000 },
  );
});

test('any address survives text and sockaddr, and nothing outside the slot is written', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(65535), fc.nat(20), (text, port, offset) => {
      const address = SocketAddress.parse(text, port);
      assert.ok(address, text);
      const again = SocketAddress.parse(address.toString(), port);
      assert.ok(again?.equals(address));
      const slot = new Uint8Array(200).fill(0xaa);
      const length = address.writeSockaddr(slot, offset);
      assert.equal(length, address.family === FAMILY_INET ? 16 : 28);
      for (let i = 0; i < slot.length; i++) {
        if (i < offset || i >= offset + length) assert.equal(slot[i], 0xaa);
      }
      const read = new SocketAddress();
      assert.ok(read.readSockaddr(slot, offset, length));
      assert.ok(read.equals(address));
      const copy = new SocketAddress();
      copy.copyFrom(read);
      assert.ok(copy.equals(address));
      copy.port ^= 1;
      assert.ok(copy.sameHost(address) && !copy.equals(address));
    }),
  );
});

test('sockaddr bytes are those of Linux', () => {
  const slot = new Uint8Array(SOCKADDR_MAX_BYTES);
  assert.equal(SocketAddress.parse('127.0.0.1', 8080)!.writeSockaddr(slot, 0), 16);
  assert.equal(Buffer.from(slot.subarray(0, 16)).toString('hex'), '02001f907f0000010000000000000000');
  assert.equal(SocketAddress.parse('::1', 443)!.writeSockaddr(slot, 0), 28);
  assert.equal(
    Buffer.from(slot.subarray(0, 28)).toString('hex'),
    '0a0001bb00000000000000000000000000000000000000010000000000000000'.slice(0, 56),
  );
});

test('unix sockets: paths, abstract names, unnamed clients, and paths that do not fit', () => {
  const slot = new Uint8Array(SOCKADDR_MAX_BYTES);
  const read = new SocketAddress();
  for (const path of ['/run/a.sock', '/tmp/é', 'p'.repeat(107)]) {
    const length = SocketAddress.unix(path).writeSockaddr(slot, 0);
    assert.equal(length, 2 + Buffer.byteLength(path) + 1);
    assert.ok(read.readSockaddr(slot, 0, length));
    assert.equal(read.path, path);
  }
  const abstract = SocketAddress.unix('\0name');
  assert.equal(abstract.writeSockaddr(slot, 0), 110);
  assert.ok(read.readSockaddr(slot, 0, 110));
  assert.ok(read.equals(abstract));
  assert.equal(read.toString(), 'unix');
  assert.equal(read.describe(), 'abns@name');
  assert.ok(read.readSockaddr(slot, 0, 2));
  assert.equal(read.family, FAMILY_UNIX);
  assert.equal(read.path, '');
  assert.equal(SocketAddress.unix('p'.repeat(108)).writeSockaddr(slot, 0), 0);
  assert.equal(new SocketAddress().writeSockaddr(slot, 0), 0);
});

test('other families and short lengths are refused', () => {
  const slot = new Uint8Array(SOCKADDR_MAX_BYTES);
  const address = SocketAddress.parse('::1', 443)!;
  const length = address.writeSockaddr(slot, 0);
  for (let short = 0; short < 24; short++) assert.equal(address.readSockaddr(slot, 0, short), false);
  assert.equal(address.family, FAMILY_NONE);
  slot[0] = 17;
  assert.equal(address.readSockaddr(slot, 0, length), false);
});

test('mapping to IPv6 and back', () => {
  const address = SocketAddress.parse('192.0.2.7', 1)!;
  assert.equal(address.isInet4Mapped(), false);
  address.mapToInet6();
  assert.equal(address.toString(), '::ffff:192.0.2.7');
  assert.ok(address.isInet4Mapped());
  address.unmapToInet4();
  assert.ok(address.equals(SocketAddress.parse('192.0.2.7', 1)!));
  const other = SocketAddress.parse('2001:db8::1', 1)!;
  other.unmapToInet4();
  assert.equal(other.toString(), '2001:db8::1');
});
