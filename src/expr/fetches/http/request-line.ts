/** The request line and what follows from it. Specification: configuration manual 7.3.6 `method`, `path`, `url`, `base`. */
import { u8 } from '../../../os/arena.ts';
import { H_HOST } from '../../../protocol/http1/known-headers.ts';
import type { RequestParser } from '../../../protocol/http1/request-parser.ts';
import { pathStart } from '../../../protocol/http1/request-target.ts';
import { parseInet4, parseInet6 } from '../../../protocol/inet-text.ts';
import { noArguments } from '../../argument.ts';
import type { SampleLayer } from '../../availability.ts';
import { type Fetch, registerFetches } from '../../fetch-record.ts';
import { avalanche } from '../../hashes/avalanche.ts';
import { sdbm } from '../../hashes/multiplicative.ts';
import {
  type Sample,
  type SampleType,
  T_BIN,
  T_BOOL,
  T_INT,
  T_IPV4,
  T_IPV6,
  T_METH,
  T_STR,
} from '../../sample.ts';
import type { Scope } from '../../scope.ts';
import { nextScratch } from '../../scratch.ts';

const SLASH = 47;
const COLON = 58;
const AT = 64;

/** First byte of the path; the target's end when it has none (`*`, an authority). */
export function pathOf(head: RequestParser): number {
  const { targetStart, targetEnd } = head;
  if (u8[targetStart] === SLASH) return targetStart;
  const start = pathStart(u8, targetStart, targetEnd);
  return start > targetStart && u8[start] === SLASH ? start : targetEnd;
}

/** Takes a sample of the request's head; false: there is none. */
type OfHead = (head: RequestParser, sample: Sample, scope: Scope) => boolean;

function record(
  name: string,
  type: SampleType,
  doc: string,
  take: OfHead,
  layers: readonly SampleLayer[] = ['request'],
) {
  const link = (): Fetch => (scope, sample) => {
    const head = scope.requestHead;
    return head !== null && take(head, sample, scope);
  };
  return { name, arguments: noArguments, type, layers, doc, manual: '7.3.6', link };
}

/** Host and path (with the query when `whole`) in a scratch area. Result: their length. */
function writeBase(head: RequestParser, area: Uint8Array, whole: boolean): number {
  let length = 0;
  const { block } = head;
  const host = block.find(H_HOST);
  if (host >= 0) {
    const end = Math.min(block.valueEnd(host), block.valueStart(host) + area.length);
    for (let i = block.valueStart(host); i < end; i++) area[length++] = u8[i] as number;
  }
  const start = pathOf(head);
  const end = whole ? head.targetEnd : head.queryMark(u8, start);
  for (let i = start; i < end && length < area.length; i++) area[length++] = u8[i] as number;
  return length;
}

function base(whole: boolean): OfHead {
  return (head, sample) => {
    const area = nextScratch();
    const length = writeBase(head, area, whole);
    return length > 0 && sample.setString(area, 0, length);
  };
}

function baseHash(whole: boolean): OfHead {
  return (head, sample) => {
    const area = nextScratch();
    return sample.setInt(avalanche(sdbm(area, 0, writeBase(head, area, whole))));
  };
}

/** The hash of the base and the client's address behind it, 8 or 20 bytes. */
function baseHashAndSource(whole: boolean): OfHead {
  return (head, sample, scope) => {
    const area = nextScratch();
    const hash = avalanche(sdbm(area, 0, writeBase(head, area, whole)));
    for (let i = 0; i < 4; i++) area[i] = (hash >>> (24 - 8 * i)) & 0xff;
    const client = scope.sessionScope.clientAddress;
    if (!sample.setAddress(client)) return false;
    const length = sample.type === T_IPV4 ? 4 : 16;
    for (let i = 0; i < length; i++) area[4 + i] = client.bytes[i] as number;
    return sample.setBinary(area, 0, 4 + length);
  };
}

/** The authority of an absolute target: offsets of host and port, or false. */
const authority = { hostStart: 0, hostEnd: 0, port: 0 };
function readAuthority(head: RequestParser): boolean {
  const { targetStart, targetEnd } = head;
  if (u8[targetStart] === SLASH) return false;
  const end = pathStart(u8, targetStart, targetEnd);
  if (end === targetStart) return false;
  let start = targetStart;
  while (u8[start] !== SLASH) start++;
  start += 2;
  for (let at = end - 1; at >= start; at--) {
    if (u8[at] === AT) {
      start = at + 1;
      break;
    }
  }
  let colon = end - 1;
  while (colon > start && (u8[colon] as number) >= 48 && (u8[colon] as number) <= 57) colon--;
  const hasPort = u8[colon] === COLON && colon > start;
  authority.hostStart = start;
  authority.hostEnd = hasPort ? colon : end;
  let port = 0;
  for (let at = colon + 1; hasPort && at < end; at++) port = port * 10 + (u8[at] as number) - 48;
  const secure = ((u8[targetStart + 4] as number) | 32) === 115;
  authority.port = hasPort ? port : secure ? 443 : 80;
  return true;
}

const methods: readonly [name: string, type: SampleType, doc: string, OfHead][] = [
  [
    'url',
    T_STR,
    'The target as it was sent.',
    (head, sample) => sample.setString(u8, head.targetStart, head.targetEnd),
  ],
  [
    'path',
    T_STR,
    'The path, without the query.',
    (head, sample) => {
      const start = pathOf(head);
      return start < head.targetEnd && sample.setString(u8, start, head.queryMark(u8, start));
    },
  ],
  [
    'pathq',
    T_STR,
    'The path with the query.',
    (head, sample) => {
      const start = pathOf(head);
      return start < head.targetEnd && sample.setString(u8, start, head.targetEnd);
    },
  ],
  [
    'query',
    T_STR,
    'What stands behind the first question mark.',
    (head, sample) => {
      const mark = head.queryMark(u8, head.targetStart);
      return mark < head.targetEnd && sample.setString(u8, mark + 1, head.targetEnd);
    },
  ],
  ['base', T_STR, 'The Host header and the path.', base(false)],
  ['baseq', T_STR, 'The Host header and the path with the query.', base(true)],
  ['base32', T_INT, 'A hash of base.', baseHash(false)],
  ['base32+src', T_BIN, 'A hash of base, and the address of the client.', baseHashAndSource(false)],
  ['url32', T_INT, 'A hash of baseq.', baseHash(true)],
  ['url32+src', T_BIN, 'A hash of baseq, and the address of the client.', baseHashAndSource(true)],
  [
    'url_ip',
    T_IPV4,
    'The address in an absolute target.',
    (head, sample) => {
      if (!readAuthority(head)) return false;
      const { hostStart, hostEnd } = authority;
      if (parseInet4(u8, hostStart, hostEnd, sample.address, 0)) sample.type = T_IPV4;
      else if (u8[hostStart] === 91 && parseInet6(u8, hostStart + 1, hostEnd - 1, sample.address))
        sample.type = T_IPV6;
      else return false;
      return true;
    },
  ],
  [
    'url_port',
    T_INT,
    'The port in an absolute target, or that of its scheme.',
    (head, sample) => readAuthority(head) && sample.setInt(authority.port),
  ],
];

function version(head: RequestParser, sample: Sample): boolean {
  return sample.setString(u8, head.versionStart + 5, head.versionEnd);
}

registerFetches(
  ...methods.map(([name, type, doc, take]) => record(name, type, doc, take)),
  record('req.ver', T_STR, 'The version: 1.1 for HTTP/1.1.', version),
  record('req_ver', T_STR, 'As req.ver.', version),
  {
    name: 'method',
    arguments: noArguments,
    type: T_METH,
    layers: ['requestKept'],
    doc: 'The method.',
    manual: '7.3.6',
    link: (): Fetch => (scope, sample) => {
      const head = scope.requestHead;
      if (head !== null) return sample.setMethod(u8, head.methodStart, head.methodEnd);
      const kept = scope.keptMethod();
      return kept !== null && sample.setMethod(kept, 0, kept.length);
    },
  },
  {
    name: 'http_first_req',
    arguments: noArguments,
    type: T_BOOL,
    layers: ['requestKept'],
    doc: 'It is the first request of its connection.',
    manual: '7.3.6',
    link: (): Fetch => (scope, sample) => sample.setBool(scope.isFirstRequest),
  },
);
