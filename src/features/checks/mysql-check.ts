/**
 * `option mysql-check`: the server's greeting and, for a user, the answer to logging in without a password. Pure.
 * Specification: configuration manual 4.2 `option mysql-check`; the MySQL client/server protocol, connection phase.
 */
import { type BuiltInRule, DEFAULT_CONNECT, expecting, type Judgement, sending } from './check-rules.ts';

const HEADER_BYTES = 4;
const ERROR_PACKET = 0xff;
const CLIENT_PROTOCOL_41 = 0x200;
const CLIENT_SECURE_CONNECTION = 0x8000;
/** The largest packet that the client takes, as it is written in either form. */
const MAX_PACKET_41 = 0x01008000;
const MAX_PACKET_40 = 0x010000;
const UTF8 = 33;
const FILLER_BYTES = 23;

/** QUIT, a packet of its own. */
const QUIT = '\x01\x00\x00\x00\x01';

/** The server counts connections that are reset as errors of the client's host. */
const GENTLE_CONNECT: BuiltInRule = { ...DEFAULT_CONNECT, linger: true };

/** `is41`: the form of the login that servers from 4.1 on want. */
export function mysqlRules(user: string | undefined, is41: boolean): BuiltInRule[] {
  const greeting = expecting({ type: 'reply', judge: judgeGreeting });
  if (user === undefined) return [GENTLE_CONNECT, greeting];
  const login = packet(1, is41 ? login41(user) : login40(user));
  const answer = expecting({ type: 'reply', judge: judgeLogin });
  return [GENTLE_CONNECT, sending(login.toString('latin1') + QUIT), greeting, answer];
}

function packet(sequence: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUIntLE(payload.length, 0, 3);
  header[3] = sequence;
  return Buffer.concat([header, payload]);
}

function login41(user: string): Buffer {
  const fixed = Buffer.alloc(9 + FILLER_BYTES);
  fixed.writeUInt32LE(CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION, 0);
  fixed.writeUInt32LE(MAX_PACKET_41, 4);
  fixed[8] = UTF8;
  return Buffer.concat([fixed, Buffer.from(`${user}\0\0`, 'latin1')]);
}

function login40(user: string): Buffer {
  const fixed = Buffer.alloc(5);
  fixed.writeUInt16LE(CLIENT_SECURE_CONNECTION, 0);
  fixed.writeUIntLE(MAX_PACKET_40, 2, 3);
  return Buffer.concat([fixed, Buffer.from(`${user}\0\0`, 'latin1')]);
}

/** The payload that begins at `place`; undefined while it is not all there. */
function payloadAt(received: string, place: number): string | undefined {
  if (received.length < place + HEADER_BYTES) return undefined;
  const length = Buffer.from(received.slice(place, place + 3), 'latin1').readUIntLE(0, 3);
  const end = place + HEADER_BYTES + length;
  return length === 0 || received.length < end ? undefined : received.slice(place + HEADER_BYTES, end);
}

function judgePayload(payload: string | undefined, final: boolean, info: string): Judgement {
  if (payload === undefined) return final ? { passed: false } : 'more';
  if (payload.charCodeAt(0) !== ERROR_PACKET) return { passed: true, info };
  const code = payload.charCodeAt(1) | (payload.charCodeAt(2) << 8);
  return { passed: false, status: 'L7STS', code, info: payload.slice(3) };
}

/** The server's version, which follows the version of the protocol. */
function versionIn(greeting: string | undefined): string {
  return /^.([^\0]*)/s.exec(greeting ?? '')?.[1] ?? '';
}

function judgeGreeting(received: string, final: boolean): Judgement {
  const greeting = payloadAt(received, 0);
  return judgePayload(greeting, final, versionIn(greeting));
}

function judgeLogin(received: string, final: boolean): Judgement {
  const greeting = payloadAt(received, 0);
  const place = HEADER_BYTES + (greeting?.length ?? 0);
  return judgePayload(payloadAt(received, place), final, versionIn(greeting));
}
