/** Holds the SOCKS4 client to the bytes that HAProxy 2.6.12 sent through a SOCKS4 proxy and to what it took as reply. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  handshakeErrorMessage,
  SOCKS4_DENIED,
} from '../../../src/protocol/proxy-protocol/handshake-error.ts';
import { SocketAddress } from '../../../src/protocol/socket-address.ts';
import {
  parseSocks4Reply,
  SOCKS4_REQUEST_BYTES,
  writeSocks4Request,
} from '../../../src/protocol/socks4/client.ts';

test('the request is that of HAProxy', () => {
  const u8 = new Uint8Array(SOCKS4_REQUEST_BYTES + 8).fill(0xaa);
  assert.equal(writeSocks4Request(u8, 4, SocketAddress.parse('127.9.8.7', 1234)!), SOCKS4_REQUEST_BYTES);
  assert.equal(Buffer.from(u8).toString('hex'), 'aaaaaaaa040104d27f090807484150726f787900aaaaaaaa');
});

test('only IPv4 destinations can be asked for', () => {
  const u8 = new Uint8Array(SOCKS4_REQUEST_BYTES);
  for (const address of [SocketAddress.parse('2001:db8::7', 1)!, SocketAddress.parse('::ffff:1.2.3.4', 1)!]) {
    assert.equal(writeSocks4Request(u8, 0, address), -1);
  }
  assert.equal(writeSocks4Request(u8, 0, SocketAddress.unix('/x')), -1);
});

test('replies', () => {
  const reply = (bytes: number[]) => parseSocks4Reply(Uint8Array.from([9, ...bytes, 9]), 1, bytes.length + 1);
  const granted = [0, 0x5a, 0, 0, 0, 0, 0, 0];
  for (let length = 0; length < 8; length++) assert.equal(reply(granted.slice(0, length)), 0);
  assert.equal(reply(granted), 8);
  assert.equal(reply([...granted, 1, 2, 3]), 8);
  assert.equal(reply([4, 0x5a, 1, 2, 3, 4, 5, 6]), 8);
  for (const code of [0, 1, 0x5b, 0x5c, 0x5d, 0xff])
    assert.equal(reply([0, code, 0, 0, 0, 0, 0, 0]), -SOCKS4_DENIED);
  assert.equal(handshakeErrorMessage(SOCKS4_DENIED), 'SOCKS4 Proxy deny the request');
});
