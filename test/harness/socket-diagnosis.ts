// Asks the kernel about one TCP connection (sock_diag(7)): how much its owner has not read yet, how many packets came in.
// The tables in /proc know the first too, but a machine with thousands of old connections takes tens of milliseconds to
// print them.

import { isIPv4 } from 'node:net';
import koffi from 'koffi';

const AF_INET = 2;
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST = 1;
const IPPROTO_TCP = 6;
const TCP_LISTEN = 10;
const REQUEST_BYTES = 72;
const STATE_OFFSET = 17;
const UNREAD_OFFSET = 72;
/** Attributes stand behind the message; the one that is asked for is a struct tcp_info. */
const ATTRIBUTES_OFFSET = 88;
const INET_DIAG_INFO = 2;
const SEGMENTS_IN_OFFSET = 140;

const libc = koffi.load(null);
const socket = libc.func('int socket(int domain, int type, int protocol)');
const send = libc.func('int64_t send(int fd, const uint8_t *buffer, uint64_t length, int flags)');
const recv = libc.func('int64_t recv(int fd, _Out_ uint8_t *buffer, uint64_t length, int flags)');

let netlink: number | undefined;

function ask(request: Buffer): Buffer | undefined {
  netlink ??= socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG) as number;
  if (netlink < 0 || send(netlink, request, request.length, 0) !== request.length) return undefined;
  const reply = Buffer.alloc(4096);
  const size: number = recv(netlink, reply, reply.length, 0);
  return size > 0 ? reply.subarray(0, size) : undefined;
}

export interface Ends {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** Bytes that the owner of this end has not read yet; undefined when the kernel knows no such connection. */
export function unreadBytes(ends: Ends): number | undefined {
  return diagnose(ends, 0)?.readUInt32LE(UNREAD_OFFSET);
}

/** TCP segments, empty ones included, that this end has received; undefined when the kernel knows no such connection. */
export function segmentsIn(ends: Ends): number | undefined {
  const reply = diagnose(ends, 1 << (INET_DIAG_INFO - 1));
  if (reply === undefined) return undefined;
  for (let at = ATTRIBUTES_OFFSET; at + 4 <= reply.length; ) {
    const length = reply.readUInt16LE(at);
    if (reply.readUInt16LE(at + 2) === INET_DIAG_INFO) return reply.readUInt32LE(at + 4 + SEGMENTS_IN_OFFSET);
    at += Math.max(4, (length + 3) & ~3);
  }
  return undefined;
}

function diagnose(ends: Ends, extensions: number): Buffer | undefined {
  if (!isIPv4(ends.localAddress) || !isIPv4(ends.remoteAddress)) return undefined;
  const request = Buffer.alloc(REQUEST_BYTES);
  request.writeUInt32LE(REQUEST_BYTES, 0);
  request.writeUInt16LE(SOCK_DIAG_BY_FAMILY, 4);
  request.writeUInt16LE(NLM_F_REQUEST, 6);
  request.writeUInt8(AF_INET, 16);
  request.writeUInt8(IPPROTO_TCP, 17);
  request.writeUInt8(extensions, 18);
  request.writeUInt32LE(0xffffffff, 20);
  request.writeUInt16BE(ends.localPort, 24);
  request.writeUInt16BE(ends.remotePort, 26);
  request.set(ends.localAddress.split('.').map(Number), 28);
  request.set(ends.remoteAddress.split('.').map(Number), 44);
  // No cookie: any socket with these ends.
  request.fill(0xff, 64, 72);
  const reply = ask(request);
  if (reply === undefined || reply.readUInt16LE(4) !== SOCK_DIAG_BY_FAMILY) return undefined;
  // Where the connection is gone, the kernel answers with the listener on the port.
  if (reply.readUInt8(STATE_OFFSET) === TCP_LISTEN) return undefined;
  return reply;
}
