/**
 * Address words to typed addresses: families, brackets, ports, ranges, offsets, unix and inherited sockets.
 * Names are kept as they are: resolving them is asynchronous and another's business.
 * Specification: configuration manual, 4.2 (`bind`, `server`) and 11; wording of errors as HAProxy 2.6 gives them.
 */
import { fstatSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import type { Address } from './address.ts';
import type { Environment } from './environment.ts';
import { leadingInteger } from './time-and-size.ts';

export interface AddressRules {
  /** A port: must be there, may be there, or must not. */
  readonly port: 'required' | 'optional' | 'none';
  readonly portRange?: boolean;
  /** `:+N` and `:-N`. */
  readonly portOffset?: boolean;
  /** An inherited descriptor (`fd@`, `sockpair@`). */
  readonly descriptor?: boolean;
  /** Host names may stand where an address is meant. */
  readonly names: boolean;
  /** Which transports the place can use; both for `log`. */
  readonly datagram?: boolean;
  readonly stream?: boolean;
  /** Put before the path of `unix@` and `/path` (global `unix-bind prefix`). */
  readonly unixPrefix?: string;
  /** Where `$NAME` in the address is looked up; left as it is without one. */
  readonly environment?: Environment;
}

export interface ParsedAddress {
  /** With `port` set to the range's first port. */
  readonly address: Address;
  /** The last port of a range; equal to the first one without a range. */
  readonly lastPort: number;
  readonly hasPort: boolean;
  readonly portOffset: number | undefined;
  /** The host where it is a name, to be resolved. */
  readonly hostname: string | undefined;
  readonly datagram: boolean;
}

export type AddressResult =
  | { readonly ok: true; readonly value: ParsedAddress }
  | { readonly ok: false; readonly message: string };

type Family = 'any' | 'inet' | 'inet6' | 'unix' | 'abns' | 'fd' | 'sockpair';

/** Prefix of an address: its family and, where the prefix fixes it, its transport. */
const prefixes: Readonly<Record<string, { family: Family; transport?: 'stream' | 'datagram' | 'quic' }>> = {
  'ip@': { family: 'any' },
  'ipv4@': { family: 'inet' },
  'ipv6@': { family: 'inet6' },
  'tcp@': { family: 'any', transport: 'stream' },
  'tcp4@': { family: 'inet', transport: 'stream' },
  'tcp6@': { family: 'inet6', transport: 'stream' },
  'udp@': { family: 'any', transport: 'datagram' },
  'udp4@': { family: 'inet', transport: 'datagram' },
  'udp6@': { family: 'inet6', transport: 'datagram' },
  'quic4@': { family: 'inet', transport: 'quic' },
  'quic6@': { family: 'inet6', transport: 'quic' },
  'unix@': { family: 'unix' },
  'uxst@': { family: 'unix', transport: 'stream' },
  'uxdg@': { family: 'unix', transport: 'datagram' },
  'abns@': { family: 'abns' },
  'fd@': { family: 'fd' },
  'sockpair@': { family: 'sockpair' },
};

/** Bytes of a unix path that the kernel takes, with the terminating NUL. */
const unixPathBytes = 108;

export function parseAddress(text: string, rules: AddressRules): AddressResult {
  if (rules.environment !== undefined && text.includes('$')) {
    const expanded = expandAddress(text, rules.environment);
    if (expanded === '') {
      return fail(`'${text}' resolves to an empty address (environment variable missing?)`);
    }
    text = expanded;
  }
  let rest = text;
  let transport: 'stream' | 'datagram' | 'quic' | undefined;
  if (rest.startsWith('stream+')) {
    transport = 'stream';
    rest = rest.slice(7);
  } else if (rest.startsWith('dgram+')) {
    transport = 'datagram';
    rest = rest.slice(6);
  }
  let family: Family = 'any';
  const prefix = /^[a-z0-9]+@/.exec(rest)?.[0];
  const known = prefix === undefined ? undefined : prefixes[prefix];
  if (prefix !== undefined && known !== undefined) {
    family = known.family;
    transport = known.transport ?? transport;
    rest = rest.slice(prefix.length);
  } else if (rest.startsWith('/')) {
    family = 'unix';
  }
  const streamPlace = rules.stream ?? true;
  if (transport === 'quic') {
    return fail(
      `unsupported stream protocol for datagram family ${family === 'inet6' ? 10 : 2} address '${text}'; QUIC is not compiled in if this is what you were looking for.`,
    );
  }
  if (transport === 'datagram' && rules.datagram !== true) {
    return fail(`dgram-type address not acceptable in '${text}'`);
  }
  if (transport === 'stream' && !streamPlace) {
    return fail(`stream-type address not acceptable in '${text}'`);
  }
  const datagram = transport === 'datagram' || (transport === undefined && !streamPlace);

  switch (family) {
    case 'unix':
    case 'abns':
      return unixAddress(family, rest, rules, datagram);
    case 'fd':
    case 'sockpair':
      return descriptorAddress(family, rest, text, rules, datagram);
    default:
      return internetAddress(family, rest, text, rules, datagram);
  }
}

/** `$NAME` and `${NAME}` outside quotes: addresses have always taken them, where other words take none. */
export function expandAddress(text: string, environment: Environment): string {
  return text.replace(
    /\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))/g,
    (_, braced?: string, bare?: string) => environment.get(braced ?? bare ?? '') ?? '',
  );
}

/** `addr/prefix` or a bare address; the length of the whole address where none was written. */
export function parseNetwork(text: string): { address: string; prefix: number } | undefined {
  const [host = '', length, ...more] = text.split('/');
  const bits = isIPv4(host) ? 32 : isIPv6(host) ? 128 : 0;
  if (bits === 0 || more.length > 0) return undefined;
  if (length === undefined) return { address: host, prefix: bits };
  if (isIPv4(length) && bits === 32) {
    const mask = length.split('.').reduce((m, part) => m * 256 + Number(part), 0);
    const ones = Math.clz32(~mask >>> 0);
    // A mask with holes has no prefix length.
    return mask === (ones === 0 ? 0 : (0xffffffff << (32 - ones)) >>> 0)
      ? { address: host, prefix: ones }
      : undefined;
  }
  if (!/^[0-9]+$/.test(length) || Number(length) > bits) return undefined;
  return { address: host, prefix: Number(length) };
}

function fail(message: string): AddressResult {
  return { ok: false, message };
}

function plain(address: Address, datagram: boolean): AddressResult {
  return {
    ok: true,
    value: { address, lastPort: 0, hasPort: false, portOffset: undefined, hostname: undefined, datagram },
  };
}

function unixAddress(
  family: 'unix' | 'abns',
  rest: string,
  rules: AddressRules,
  datagram: boolean,
): AddressResult {
  const path = family === 'unix' ? (rules.unixPrefix ?? '') + rest : rest;
  // A listening socket is first made beside its path and then renamed, which takes some bytes more.
  const room =
    family === 'unix' ? unixPathBytes - 1 - (rules.descriptor === true ? 10 : 0) : unixPathBytes - 1;
  if (path.length > room) return fail(`socket path '${path}' too long (max ${room})`);
  return plain(family === 'unix' ? { family, path } : { family, name: path }, datagram);
}

function descriptorAddress(
  family: 'fd' | 'sockpair',
  rest: string,
  text: string,
  rules: AddressRules,
  datagram: boolean,
): AddressResult {
  if (!/^[0-9]+$/.test(rest)) return fail(`file descriptor '${rest}' is not a valid integer in '${text}'`);
  const fd = Number(rest);
  if (rules.descriptor !== true && family === 'fd') {
    return fail(`a file descriptor is not acceptable here in '${text}'`);
  }
  let why: string | undefined;
  try {
    if (!fstatSync(fd).isSocket()) why = 'Socket operation on non-socket';
  } catch {
    why = 'Bad file descriptor';
  }
  if (why !== undefined) return fail(`cannot use file descriptor '${rest}' : ${why}.`);
  return plain(family === 'fd' ? { family, fd } : { family: 'socketpair', fd }, datagram);
}

function internetAddress(
  family: 'any' | 'inet' | 'inet6',
  rest: string,
  text: string,
  rules: AddressRules,
  datagram: boolean,
): AddressResult {
  const bracket = /^\[[^\]]*\]$/.test(rest);
  const colon = bracket ? -1 : rest.lastIndexOf(':');
  let hostText = colon < 0 ? rest : rest.slice(0, colon);
  let portText = colon < 0 ? '' : rest.slice(colon + 1);
  if (rules.port === 'none' && colon >= 0 && isIPv6(rest)) {
    hostText = rest;
    portText = '';
  }

  const port = parsePort(portText, text, rules);
  if (typeof port === 'string') return fail(port);

  const host = /^\[.*\]$/.test(hostText) ? hostText.slice(1, -1) : hostText;
  const ipv4 = readIPv4(host);
  let address: Address;
  let hostname: string | undefined;
  if (host === '' || host === '*') {
    address =
      family === 'inet6'
        ? { family: 'inet6', host: '::', port: port.first }
        : { family: 'inet', host: '0.0.0.0', port: port.first };
  } else if (ipv4 !== undefined && family !== 'inet6') {
    address = { family: 'inet', host: ipv4, port: port.first };
  } else if (isIPv6(host) && family !== 'inet') {
    address = { family: 'inet6', host, port: port.first };
  } else if (rules.names && isHostName(hostText)) {
    hostname = host;
    address = { family: family === 'inet6' ? 'inet6' : 'inet', host, port: port.first };
  } else {
    return fail(`invalid address: '${hostText}' in '${text}'`);
  }
  return {
    ok: true,
    value: {
      address,
      lastPort: port.last,
      hasPort: portText !== '',
      portOffset: port.offset,
      hostname,
      datagram,
    },
  };
}

/**
 * The system's resolver takes more than dotted quads: `127.1`, one number for all four bytes, octal, hexadecimal.
 * In such forms the last number fills the bytes that are left.
 */
function readIPv4(text: string): string | undefined {
  if (isIPv4(text)) return text;
  const parts = text.split('.');
  if (parts.length > 4 || !parts.every((part) => /^(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.test(part))) {
    return undefined;
  }
  const numbers = parts.map((part) => (/^0[0-7]+$/.test(part) ? Number.parseInt(part, 8) : Number(part)));
  const last = numbers.pop()!;
  const room = 256 ** (4 - numbers.length);
  if (last >= room || numbers.some((n) => n > 255)) return undefined;
  const value = numbers.reduce((sum, n, i) => sum + n * 256 ** (3 - i), last);
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

function isHostName(text: string): boolean {
  // All digits and dots is an address that was mistyped, not a name.
  return /^[A-Za-z0-9_.-]+$/.test(text) && !/^[0-9.]+$/.test(text);
}

function parsePort(
  portText: string,
  text: string,
  rules: AddressRules,
): { first: number; last: number; offset: number | undefined } | string {
  if (portText === '') {
    if (rules.port === 'required') return `missing port specification in '${text}'`;
    return { first: 0, last: 0, offset: undefined };
  }
  if (rules.port === 'none') return `port specification not permitted here in '${text}'`;
  const first = portText.charAt(0);
  if (first >= '0' && first <= '9') {
    const dash = portText.indexOf('-');
    const from = leadingInteger(portText);
    if (dash < 0) {
      if (from > 65535 || (from < 1 && rules.portRange === true)) return `invalid port '${portText}'`;
      return { first: from, last: from, offset: undefined };
    }
    if (rules.portRange !== true) return `port range not permitted here in '${text}'`;
    const to = leadingInteger(portText.slice(dash + 1));
    if (from < 1 || from > 65535) return `invalid port '${portText.slice(0, dash)}'`;
    if (to < 1 || to > 65535) return `invalid port '${portText.slice(dash + 1)}'`;
    if (from > to) return `invalid port range '${portText}'`;
    return { first: from, last: to, offset: undefined };
  }
  if ((first === '+' || first === '-') && rules.portOffset !== undefined) {
    if (!rules.portOffset) return `port offset not permitted here in '${text}'`;
    const distance = leadingInteger(portText.slice(1));
    if (distance > 65535) return `invalid port offset '${portText}'`;
    return { first: 0, last: 0, offset: first === '-' ? -distance : distance };
  }
  return `invalid character '${first}' in port number '${portText}' in '${text}'`;
}
