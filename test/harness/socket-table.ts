// The kernel's tables of sockets (/proc/net/tcp, tcp6, unix): who listens, and how much a socket has not read yet.
// Only looks; specification: proc(5).

import { readdir, readFile, readlink } from 'node:fs/promises';

const TCP_LISTEN = '0A';
const UNIX_ACCEPTS_CONNECTIONS = 0x10000;

export interface TcpRow {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly listening: boolean;
  /** Bytes received that the owner has not read; for a listening socket: connections waiting to be accepted. */
  readonly unread: number;
  readonly inode: string;
}

/** The kernel prints addresses as 32-bit words in the machine's own order, which is little-endian here. */
function decodeAddress(hex: string): string {
  const bytes: number[] = [];
  for (let word = 0; word < hex.length; word += 8) {
    for (let at = 6; at >= 0; at -= 2) bytes.push(Number.parseInt(hex.slice(word + at, word + at + 2), 16));
  }
  if (bytes.length === 4) return bytes.join('.');
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (mapped) return bytes.slice(12).join('.');
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2)
    groups.push((((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
  const text = groups.join(':');
  if (text === '0:0:0:0:0:0:0:0') return '::';
  if (text === '0:0:0:0:0:0:0:1') return '::1';
  return text;
}

function splitEnd(text: string): [address: string, port: number] {
  const [address = '', port = ''] = text.split(':');
  return [decodeAddress(address), Number.parseInt(port, 16)];
}

async function readTcp(file: string): Promise<TcpRow[]> {
  const text = await readFile(file, 'latin1').catch(() => '');
  const rows: TcpRow[] = [];
  for (const line of text.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    const [, local, remote, state, queues] = fields;
    if (local === undefined || remote === undefined || queues === undefined) continue;
    const [localAddress, localPort] = splitEnd(local);
    const [remoteAddress, remotePort] = splitEnd(remote);
    rows.push({
      localAddress,
      localPort,
      remoteAddress,
      remotePort,
      listening: state === TCP_LISTEN,
      unread: Number.parseInt(queues.split(':')[1] ?? '0', 16),
      inode: fields[9] ?? '',
    });
  }
  return rows;
}

/** The sockets of the network namespace that a process lives in. */
export async function tcpSockets(of: number | 'self' = 'self'): Promise<TcpRow[]> {
  return [...(await readTcp(`/proc/${of}/net/tcp`)), ...(await readTcp(`/proc/${of}/net/tcp6`))];
}

/** Paths of the listening unix sockets; abstract ones start with `@`. */
export async function listeningUnixPaths(): Promise<string[]> {
  const text = await readFile('/proc/net/unix', 'latin1').catch(() => '');
  const paths: string[] = [];
  for (const line of text.split('\n').slice(1)) {
    const fields = line.split(/\s+/);
    const flags = Number.parseInt(fields[3] ?? '0', 16);
    const path = fields[7];
    if (path !== undefined && (flags & UNIX_ACCEPTS_CONNECTIONS) !== 0) paths.push(path);
  }
  return paths;
}

/** Inodes of the sockets that a process holds. */
export async function socketInodesOf(pid: number): Promise<Set<string>> {
  const inodes = new Set<string>();
  const fds = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const fd of fds) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
    const match = /^socket:\[(\d+)\]$/.exec(target);
    if (match?.[1] !== undefined) inodes.add(match[1]);
  }
  return inodes;
}
