/**
 * Bytes as they come, before anything else makes sense of them: lengths, pieces, the cookie of RDP, the end of waiting.
 * Specification: configuration manual 7.3.5.
 */

import { u8 } from '../../os/arena.ts';
import type { ByteWindow } from '../../protocol/http1/body-scanner.ts';
import { RDP_FOUND, RDP_SHORT, RdpCookie } from '../../protocol/rdp-cookie.ts';
import { type ArgumentValue, noArguments, numberOf, takes, takesAtLeast, textOf } from '../argument.ts';
import type { SampleLayer } from '../availability.ts';
import { type Fetch, type FetchRecord, registerFetches } from '../fetch-record.ts';
import type { Linker } from '../linker.ts';
import { type Sample, T_BIN, T_BOOL, T_INT, T_STR } from '../sample.ts';
import type { Scope } from '../scope.ts';
import { nameOf } from './http/value-forms.ts';

type Direction = (scope: Scope) => ByteWindow | null;
type Held = (scope: Scope) => number;
const request: Direction = (scope) => scope.rawRequest;
const response: Direction = (scope) => scope.rawResponse;
/** The response's while its rules are looked at, else the request's. */
const either: Direction = (scope) => scope.rawResponse ?? scope.rawRequest;

function hasRoom(window: ByteWindow): boolean {
  return window.tail === window.head || window.tail < window.limit;
}

/** Of HTTP there are no raw bytes; what is held of the message counts, and before it has come there is nothing. */
const requestHeld: Held = (scope) => scope.requestBody?.messageBytes ?? -1;
const responseHeld: Held = (scope) => scope.responseBody?.messageBytes ?? (scope.responseAwaited ? 0 : -1);

function lengthFetch(name: string, layer: SampleLayer, direction: Direction, held: Held): FetchRecord {
  return {
    name,
    arguments: noArguments,
    type: T_INT,
    layers: [layer],
    doc: 'How many bytes have been received and wait.',
    manual: '7.3.5',
    link: () => (scope, sample) => {
      const window = direction(scope);
      sample.mayChange = true;
      if (window !== null) return sample.setInt(window.tail - window.head);
      const bytes = held(scope);
      return bytes >= 0 && sample.setInt(bytes);
    },
  };
}

/** A piece of what has come; false while it is not all there. */
function piece(
  window: ByteWindow,
  sample: Sample,
  offset: number,
  lengthBytes: number,
  limit: number,
): boolean {
  if (offset < 0 || offset + lengthBytes > limit) return false;
  const start = window.head + offset;
  if (start + lengthBytes > window.tail || (lengthBytes === 0 && start >= window.tail)) {
    sample.mayChange = true;
    return false;
  }
  if (lengthBytes > 0) return sample.setBinary(u8, start, start + lengthBytes);
  // All there is, which may still grow.
  if (hasRoom(window)) sample.mayChange = true;
  return sample.setBinary(u8, start, window.tail);
}

function linkPayload(direction: Direction, args: readonly ArgumentValue[], linker: Linker): Fetch {
  const offset = numberOf(args[0]) ?? 0;
  const length = numberOf(args[1]) ?? 0;
  const limit = linker.configuration.global.tune.bufsize;
  return (scope, sample) => {
    const window = direction(scope);
    return window !== null && piece(window, sample, offset, length, limit);
  };
}

function linkPrefixed(direction: Direction, args: readonly ArgumentValue[], linker: Linker): Fetch {
  const at = numberOf(args[0]) ?? 0;
  const width = numberOf(args[1]) ?? 0;
  const text = textOf(args[2]);
  const limit = linker.configuration.global.tune.bufsize;
  // With a sign it counts from behind the length.
  const relative = text === undefined || /^[+-]/.test(text);
  const offset = (relative ? at + width : 0) + (text === undefined ? 0 : Number.parseInt(text, 10) || 0);
  return (scope, sample) => {
    const window = direction(scope);
    if (window === null) return false;
    if (window.head + at + width > window.tail) {
      sample.mayChange = true;
      return false;
    }
    let length = 0;
    for (let i = 0; i < width; i++) length = length * 256 + (u8[window.head + at + i] as number);
    return length > 0 && piece(window, sample, offset, length, limit);
  };
}

function payloadFetches(prefix: string, layers: readonly SampleLayer[], direction: Direction): FetchRecord[] {
  return [
    {
      name: `${prefix}payload`,
      arguments: takes('integer', 'integer'),
      type: T_BIN,
      layers,
      doc: 'So many bytes from an offset on; 0: all that have come.',
      manual: '7.3.5',
      link: (args, linker) => linkPayload(direction, args, linker),
    },
    {
      name: `${prefix}payload_lv`,
      arguments: takesAtLeast(2, 'integer', 'integer', 'string'),
      type: T_BIN,
      layers,
      doc: 'Bytes whose length stands at an offset, in so many bytes.',
      manual: '7.3.5',
      check: ([, width]) => (numberOf(width) === 0 ? 'payload length must be > 0' : undefined),
      link: (args, linker) => linkPrefixed(direction, args, linker),
    },
  ];
}

registerFetches(
  lengthFetch('req.len', 'requestBuffer', request, requestHeld),
  lengthFetch('req_len', 'requestBuffer', request, requestHeld),
  lengthFetch('res.len', 'responseBuffer', response, responseHeld),
  ...payloadFetches('', ['requestBuffer', 'responseBuffer'], either),
  ...payloadFetches('req.', ['requestBuffer'], request),
  ...payloadFetches('res.', ['responseBuffer'], response),
  {
    name: 'wait_end',
    arguments: noArguments,
    type: T_BOOL,
    layers: ['internal'],
    doc: 'True once the inspection delay has passed.',
    manual: '7.3.5',
    link: () => (_scope, sample) => {
      if (sample.final) return sample.setBool(true);
      sample.mayChange = true;
      return false;
    },
  },
);

const cookie = new RdpCookie();

/** The cookie of an RDP client, of any name where `name` is null. False: there is none, or not yet. */
function rdpCookie(scope: Scope, sample: Sample, name: Uint8Array | null): boolean {
  const window = scope.rawRequest;
  if (window === null) return false;
  const found = cookie.find(u8, window, name);
  if (found === RDP_FOUND) return sample.setString(u8, cookie.start, cookie.end);
  if (found === RDP_SHORT) sample.mayChange = true;
  return false;
}

registerFetches(
  ...['req.rdp_cookie', 'rdp_cookie'].map(
    (name): FetchRecord => ({
      name,
      arguments: takesAtLeast(0, 'string'),
      type: T_STR,
      layers: ['requestBuffer'],
      doc: 'The cookie in the first packet of an RDP client.',
      manual: '7.3.5',
      link: (args) => {
        const wanted = nameOf(args[0]);
        return (scope, sample) => rdpCookie(scope, sample, wanted);
      },
    }),
  ),
  ...['req.rdp_cookie_cnt', 'rdp_cookie_cnt'].map(
    (name): FetchRecord => ({
      name,
      arguments: takesAtLeast(0, 'string'),
      type: T_INT,
      layers: ['requestBuffer'],
      doc: 'Whether an RDP client sent such a cookie: 1 or 0.',
      manual: '7.3.5',
      link: (args) => {
        const wanted = nameOf(args[0]);
        return (scope, sample) => {
          if (scope.rawRequest === null) return false;
          return sample.setInt(rdpCookie(scope, sample, wanted) ? 1 : 0);
        };
      },
    }),
  ),
);
