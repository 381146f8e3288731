/**
 * `option spop-check`: the handshake of the stream processing offload protocol, and what the agent answers. Pure.
 * Specification: configuration manual 4.2 `option spop-check`; the protocol's own document, 3.2 (frames, HELLO,
 * DISCONNECT, status codes).
 */
import { type BuiltInRule, expecting, type Judgement, sending } from './check-rules.ts';

const HAPROXY_HELLO = 1;
const AGENT_HELLO = 101;
const AGENT_DISCONNECT = 102;
/** The frame is all there is of its message. */
const FLAG_FIN = 1;
const LENGTH_BYTES = 4;
const MAX_FRAME_BYTES = 16380;
const MIN_FRAME_BYTES = 256;

const TYPE_STRING = 8;
const TYPE_BINARY = 9;
const TYPE_TRUE = 0x11;
const TYPE_UINT32 = 3;

export function spopRules(): BuiltInRule[] {
  return [sending(hello()), expecting({ type: 'reply', judge: judgeSpop })];
}

function hello(): string {
  const body = [
    String.fromCharCode(HAPROXY_HELLO, 0, 0, 0, FLAG_FIN),
    // Stream and frame have no number yet.
    '\0\0',
    `${text('supported-versions')}${String.fromCharCode(TYPE_STRING)}${text('2.0')}`,
    `${text('max-frame-size')}${String.fromCharCode(TYPE_UINT32)}${variable(MAX_FRAME_BYTES)}`,
    `${text('capabilities')}${String.fromCharCode(TYPE_STRING)}${text('')}`,
    `${text('healthcheck')}${String.fromCharCode(TYPE_TRUE)}`,
  ].join('');
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(body.length);
  return length.toString('latin1') + body;
}

function text(value: string): string {
  return variable(value.length) + value;
}

/** An integer of variable length. */
function variable(value: number): string {
  if (value < 240) return String.fromCharCode(value);
  const bytes = [(value & 0xf) | 0xf0];
  let rest = Math.floor((value - 240) / 16);
  for (; rest >= 128; rest = Math.floor((rest - 128) / 128)) bytes.push((rest & 0x7f) | 0x80);
  return String.fromCharCode(...bytes, rest);
}

const STATUS_TEXTS: readonly string[] = [
  'normal',
  'I/O error',
  'a timeout occurred',
  'frame is too big',
  'invalid frame received',
  'version value not found',
  'max-frame-size value not found',
  'capabilities value not found',
  'unsupported version',
  'max-frame-size too big or too small',
  'fragmentation not supported',
  'invalid interlaced frames',
  'frame-id not found',
  'resource allocation error',
];

function refused(info: string): Judgement {
  return { passed: false, info };
}
const INVALID = refused('invalid frame received');

function judgeSpop(received: string, final: boolean): Judgement {
  const bytes = Buffer.from(received, 'latin1');
  const end = bytes.length < LENGTH_BYTES ? -1 : LENGTH_BYTES + bytes.readUInt32BE(0);
  if (end < 0 || bytes.length < end) return final ? INVALID : 'more';
  const reader = new FrameReader(bytes.subarray(LENGTH_BYTES, end));
  const type = reader.byte();
  const flags = reader.take(4);
  const isNumbered = reader.variable() !== 0 || reader.variable() !== 0;
  if (reader.failed || isNumbered) return INVALID;
  if (((flags[3] ?? 0) & FLAG_FIN) === 0) return refused('fragmentation not supported');
  const values = new Map<string, string | number>();
  while (!reader.done && !reader.failed) {
    const name = reader.text();
    const value = reader.value();
    if (value !== undefined) values.set(name, value);
  }
  if (reader.failed) return INVALID;
  if (type === AGENT_HELLO) return judgeHello(values);
  return type === AGENT_DISCONNECT ? judgeDisconnect(values) : INVALID;
}

function judgeHello(values: ReadonlyMap<string, string | number>): Judgement {
  const version = values.get('version');
  const size = values.get('max-frame-size');
  if (version !== undefined && typeof version !== 'string') return INVALID;
  if (size !== undefined && typeof size !== 'number') return INVALID;
  if (version !== undefined && version.trim() !== '2.0') return refused('unsupported version');
  if (size !== undefined && (size < MIN_FRAME_BYTES || size > MAX_FRAME_BYTES)) {
    return refused('max-frame-size too big or too small');
  }
  if (version === undefined) return refused('version value not found');
  if (size === undefined) return refused('max-frame-size value not found');
  return { passed: true, info: 'SPOA server is ok' };
}

function judgeDisconnect(values: ReadonlyMap<string, string | number>): Judgement {
  const code = values.get('status-code') ?? 0;
  const known = typeof code === 'number' ? STATUS_TEXTS[code] : undefined;
  return refused(known ?? 'an unknown error occurred');
}

class FrameReader {
  readonly #bytes: Buffer;
  #at = 0;
  /** Something was asked for that is not there. */
  failed = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  take(sizeBytes: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, this.#at + sizeBytes);
    if (taken.length < sizeBytes) this.failed = true;
    this.#at += sizeBytes;
    return taken;
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  variable(): number {
    let value = this.byte();
    if (value < 240) return value;
    let factor = 16;
    for (;;) {
      const next = this.byte();
      value += next * factor;
      if (next < 128 || this.failed) return value;
      factor *= 128;
    }
  }

  text(): string {
    return this.take(this.variable()).toString('latin1');
  }

  /** A text or an integer; undefined for what is of no interest here. */
  value(): string | number | undefined {
    const type = this.byte() & 0xf;
    switch (type) {
      // Null, and a boolean, whose value is among the bits of its type.
      case 0:
      case 1:
        return undefined;
      case 2:
      case TYPE_UINT32:
      case 4:
      case 5:
        return this.variable();
      // Addresses.
      case 6:
        this.take(4);
        return undefined;
      case 7:
        this.take(16);
        return undefined;
      case TYPE_STRING:
      case TYPE_BINARY:
        return this.text();
      default:
        this.failed = true;
        return undefined;
    }
  }
}
