// Rules over many requests: what clients get and what servers see, as recorded from the real HAProxy. Each file of
// test/golden/rules is a configuration, requests, and the answers; the server answers with what it was asked.
// SLUICE_TEST_RECORD=1 with --oracle records the answers anew.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ScenarioContext } from '../../harness/context.ts';
import { readResponse } from '../../harness/http-reader.ts';
import { answer } from '../../harness/http-server.ts';
import { repositoryRoot } from '../../harness/program.ts';
import { scenario } from '../../harness/scenario.ts';

interface Recording {
  /** {IP}, {SERVER} and {DIR} stand for what differs from run to run. */
  readonly config: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly requests: readonly string[];
  readonly answers: readonly string[];
}

const directory = join(repositoryRoot, 'test', 'golden', 'rules');
const recording = process.env['SLUICE_TEST_RECORD'] === '1';

async function play(t: ScenarioContext, { config, files, requests }: Recording): Promise<string[]> {
  const server = await t.httpServer(({ method, target, headers }) =>
    answer(200, JSON.stringify([method, target, headers])),
  );
  let home = '';
  for (const [name, content] of Object.entries(files ?? {}))
    home = t.file(name, Buffer.from(content, 'latin1')).slice(0, -name.length - 1);
  await t.start(
    config.replaceAll('{IP}', t.ip).replaceAll('{SERVER}', server.address).replaceAll('{DIR}', home),
  );
  const answers: string[] = [];
  for (const request of requests) {
    const client = await t.connect(8080);
    await client.send(Buffer.from(request, 'latin1'));
    const response = await readResponse(client, { method: request.split(' ', 1)[0] ?? '' });
    answers.push((response.rawHead + response.rawBody.toString('latin1')).replaceAll(t.ip, '{IP}'));
    client.close();
  }
  return answers;
}

for (const file of readdirSync(directory).sort()) {
  scenario(`rules as recorded: ${file.replace('.json', '')}`, {}, async (t) => {
    const path = join(directory, file);
    const recorded = JSON.parse(readFileSync(path, 'latin1')) as Recording;
    const answers = await play(t, recorded);
    if (recording) writeFileSync(path, `${JSON.stringify({ ...recorded, answers }, null, 1)}\n`, 'latin1');
    else
      for (const [i, each] of answers.entries())
        assert.equal(each, recorded.answers[i], `answer to ${JSON.stringify(recorded.requests[i])}`);
  });
}
