// Chunked bodies without their chunk boundaries, which carry no meaning: HAProxy joins what arrived together and writes
// new sizes, Sluice passes chunks as they came. Everything else about the bytes is left as it is.

import type { Observation } from './observation.ts';

const HEAD_END = '\r\n\r\n';

/** Replaces every chunked body by its payload between braces; an unfinished one has no closing brace. */
export function withoutChunkBoundaries(bytes: string): string {
  let out = '';
  let rest = bytes;
  for (;;) {
    const headEnd = rest.indexOf(HEAD_END);
    if (headEnd < 0) return out + rest;
    const head = rest.slice(0, headEnd + HEAD_END.length);
    out += head;
    rest = rest.slice(head.length);
    if (!/\r\ntransfer-encoding:[^\r]*chunked/i.test(head)) continue;
    const body = readChunks(rest);
    out += `{${body.payload}${body.finished ? '}' : ''}`;
    rest = rest.slice(body.length);
    if (!body.finished) return out + rest;
  }
}

interface ChunkedBody {
  readonly payload: string;
  readonly finished: boolean;
  /** Characters that it takes. */
  readonly length: number;
}

function readChunks(text: string): ChunkedBody {
  let payload = '';
  let at = 0;
  for (;;) {
    const line = /^([0-9a-f]+)\r\n/i.exec(text.slice(at, at + 20));
    if (line === null) return { payload, finished: false, length: at };
    const size = Number.parseInt(line[1] ?? '', 16);
    at += line[0].length;
    // The last chunk's line stays: trailers follow it.
    if (size === 0) return { payload, finished: true, length: at };
    payload += text.slice(at, at + size);
    at = Math.min(text.length, at + size);
    if (text.startsWith('\r\n', at)) at += 2;
    else return { payload, finished: false, length: at };
  }
}

export function comparable(observation: Observation): Observation {
  return {
    ...observation,
    answer: withoutChunkBoundaries(observation.answer),
    server: observation.server.map(withoutChunkBoundaries),
  };
}
