// The codecs alone, held to what HAProxy was recorded to make of the corpus of requests: the same refusals, and the same
// bytes towards the server. What depends on time, limits of buffers or the engine is left to the scenarios.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CorpusCase } from '../../corpus/case.ts';
import { http1Requests } from '../../corpus/http1-requests.ts';
import { digest, MODES, type Mode, type Observation } from '../../corpus/observation.ts';
import { completePart, joinChunks } from '../../corpus/server-script.ts';
import { readVerdicts, verdictKey } from '../../corpus/verdict-file.ts';
import { playRequests } from './codec-lane.ts';

const REFUSALS = new Set([400, 413, 422]);
/** The second request that every case is followed by, as it is sent and as it is forwarded. */
const PROBE_FORWARDED = 'GET /probe HTTP/1.1\r\nhost: probe\r\n\r\n';
const PROBE = /GET \/probe HTTP\/1\.1\r\n[Hh]ost: probe\r\n\r\n$/;

/** Not the codecs' to judge. */
const ENGINE: readonly RegExp[] = [
  // Refused by the size of buffers, which codecs do not know.
  /^size: /,
  // The preface of HTTP/2 is looked for before the parser.
  /^request line: PRI /,
  // An incomplete head is refused when the client leaves.
  /^unfinished head: /,
];

interface Seen {
  readonly refusal: number;
  readonly server: string;
}

/** Long strings were recorded by their digest, the second request included. */
function asRecorded(seen: Seen, { server, after }: Observation): string {
  if (!server.some((text) => text.includes('sha256'))) return complete(seen.server);
  return digest(seen.server + (after === 'kept' ? PROBE_FORWARDED : ''));
}

function expectationOf({ answer, server }: Observation): Seen {
  const last = Number([...answer.matchAll(/HTTP\/\d\.\d (\d+)/g)].at(-1)?.[1] ?? 0);
  const received = server.map((text) => complete(text)).join('');
  return { refusal: REFUSALS.has(last) ? last : 0, server: received };
}

function complete(text: string): string {
  if (/\.\.\. \d+ bytes, sha256/.test(text)) return text;
  return joinChunks(completePart(text.replace(PROBE, '')));
}

function partsOf({ request }: CorpusCase): string[] {
  const end = request.findIndex((step) => step === 'FIN' || step === 'RST');
  return end < 0 ? [...request] : request.slice(0, end);
}

function observe(parts: readonly string[], mode: Mode): Seen {
  const { messages, refusal } = playRequests(parts, mode === 'lenient');
  const whole = messages.map(({ head, body }) => head + body).join('');
  return { refusal, server: whole };
}

const verdicts = readVerdicts('http1-requests');

for (const mode of MODES) {
  test(`requests are judged as recorded: ${mode}`, () => {
    let count = 0;
    const differences: string[] = [];
    for (const each of http1Requests) {
      if (ENGINE.some((pattern) => pattern.test(each.name))) continue;
      const verdict = verdicts.get(verdictKey({ name: each.differs?.like ?? each.name }, mode));
      assert.ok(verdict !== undefined, each.name);
      const expected = expectationOf(verdict);
      const seen = observe(partsOf(each), mode);
      const digested = asRecorded(seen, verdict);
      count++;
      if (seen.refusal !== expected.refusal || digested !== expected.server)
        differences.push(
          `${each.name}\n  sent     ${JSON.stringify(each.request).slice(0, 200)}\n  expected ${JSON.stringify(expected).slice(0, 300)}\n  seen     ${JSON.stringify({ ...seen, server: digested }).slice(0, 300)}`,
        );
    }
    assert.ok(count > 500);
    assert.equal(differences.join('\n'), '');
  });
}
