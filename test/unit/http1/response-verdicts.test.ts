// The codecs alone, held to what HAProxy was recorded to make of the corpus of responses: the same refusals, and the same
// bytes towards the client. What depends on time, on connections that end or on the engine is left to the scenarios.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CorpusCase, Step } from '../../corpus/case.ts';
import { http1Responses } from '../../corpus/http1-responses.ts';
import { digest, MODES, type Mode } from '../../corpus/observation.ts';
import { joinChunks } from '../../corpus/server-script.ts';
import { readVerdicts, verdictKey } from '../../corpus/verdict-file.ts';
import { playResponse } from './codec-lane.ts';

/** Not the codecs' to judge. */
const ENGINE: readonly RegExp[] = [
  // Refused by the size of buffers, which codecs do not know.
  /^response header: head (too large|of 40000 bytes)$/,
  // Answered when the server leaves, or is silent for too long, without a whole head.
  /: 100, then FIN$/,
  /^early end: ... (at once|in the status line|in the head)$/,
  /^stall: (before the head|in the head|after 100)$/,
];

function before(steps: readonly Step[]): string[] {
  const end = steps.findIndex((step) => step === 'FIN' || step === 'RST');
  return end < 0 ? [...steps] : steps.slice(0, end);
}

/** What the client gets; a refusal is known by its status line. */
function observe({ request, response = [] }: CorpusCase, mode: Mode): string {
  const { messages, refusal } = playResponse(before(request).join(''), before(response), mode === 'lenient');
  const text = messages.map(({ head, body }) => head + body).join('');
  return refusal !== 0 && messages.length === 0 ? '502' : text;
}

function expected(answer: string): string {
  return answer.startsWith('HTTP/1.1 502 ') ? '502' : answer;
}

const verdicts = readVerdicts('http1-responses');

for (const mode of MODES) {
  test(`responses are judged as recorded: ${mode}`, () => {
    let count = 0;
    const differences: string[] = [];
    for (const each of http1Responses) {
      if (ENGINE.some((pattern) => pattern.test(each.name))) continue;
      const verdict = verdicts.get(verdictKey({ name: each.differs?.like ?? each.name }, mode));
      assert.ok(verdict !== undefined, each.name);
      const wanted = expected(verdict.answer);
      const text = observe(each, mode);
      const seen = wanted.includes('sha256') ? digest(text) : joinChunks(text);
      count++;
      if (seen !== joinChunks(wanted))
        differences.push(
          [
            `${each.name}\n  request  ${JSON.stringify(each.request).slice(0, 200)}`,
            `response ${JSON.stringify(each.response).slice(0, 200)}`,
            `expected ${JSON.stringify(wanted).slice(0, 300)}`,
            `seen     ${JSON.stringify(seen).slice(0, 300)}`,
          ].join('\n  '),
        );
    }
    assert.ok(count > 300);
    assert.equal(differences.join('\n'), '');
  });
}
