// `agent-check`: every word that an agent may say, what it does to the server, and what is said about it.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { parseRfc3164 } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';
import { poll } from '../../harness/waiting.ts';

interface AgentCase {
  readonly name: string;
  /** The Nth question gets the Nth answer, all further ones the last. */
  readonly answers: readonly string[];
  /** What is said of the server, in order; durations are left out. */
  readonly said: readonly string[];
  readonly rules?: readonly string[];
  readonly options?: string;
}

const LEFT = '0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.';
const ONLINE = '1 active and 0 backup servers online. 0 sessions requeued, 0 total in queue.';
const NONE_ONLINE = '0 active and 0 backup servers online. 0 sessions requeued, 0 total in queue.';

async function play(t: ScenarioContext, cases: readonly AgentCase[]): Promise<void> {
  const log = await t.syslog();
  const backends: string[] = [];
  for (const { name, answers, rules = [], options = '' } of cases) {
    const agent = await t.tcpServer({
      name,
      host: t.address(),
      script: async (wire, index) => {
        // HAProxy completes a connection late on which it has nothing to say.
        await wire.arrived(4);
        await wire.send(answers[Math.min(index, answers.length - 1)] ?? '');
        await wire.halfClose();
      },
    });
    const lines = [
      ...rules,
      `server s ${agent.host}:1 weight 10 agent-check agent-port ${agent.port} agent-send ask\\n ${options}`,
    ];
    backends.push(`backend ${name}\n${lines.map((line) => `    ${line}\n`).join('')}`);
  }
  await t.start(`
global
    log ${log.address} local0
    max-spread-checks 100
defaults
    mode http
    log global
    option log-health-checks
    timeout client 10s
    timeout server 10s
    timeout connect 10s
    timeout check 10s
    default-server agent-inter 250ms
frontend pages
    bind ${t.ip}:8080
    stats enable
    stats uri /
${backends.join('')}`);
  for (const { name, said } of cases) {
    const heard = await poll(
      () => {
        const lines = linesAbout(log.lines, name);
        return lines.length >= said.length ? lines.slice(0, said.length) : undefined;
      },
      () => `${said.length} lines about ${name}; there are ${JSON.stringify(linesAbout(log.lines, name))}`,
      20_000,
    );
    assert.deepEqual(heard, said, name);
  }
}

function linesAbout(lines: readonly string[], name: string): string[] {
  return lines
    .map((line) => parseRfc3164(line).message)
    .filter((message) => message.includes(`erver ${name}/s `))
    .map((message) => message.replace(`${name}/s`, 's').replace(/, check duration: \d+ms/, ''));
}

function agentSays(word: string): string {
  return `Agent check for server s succeeded, reason: Layer7 check passed, code: 0, info: "via agent : ${word}", status: 1/1 UP.`;
}

function agentDenies(word: string): string {
  return `Agent check for server s failed, reason: Layer7 wrong status, code: 0, info: "via agent : ${word}", status: 0/1 DOWN.`;
}

const DOWN = `Server s is DOWN. ${LEFT}`;
const UP = `Server s is UP. ${ONLINE}`;

scenario('an agent says that its server is up or down, in several words', {}, async (t) => {
  const round = (name: string, reply: string, told: string): AgentCase => ({
    name,
    answers: [reply, 'up\n'],
    said: [agentDenies(told), DOWN, agentSays('up'), UP],
  });
  await play(t, [
    round('down', 'down\n', 'down'),
    round('failing', 'fail # why not\n', 'fail (why not)'),
    round('stopped', 'stopped\r\n', 'stopped'),
    round('capitals', 'DOWN\n', 'DOWN'),
    round('last-counts', '\t up, 50%,down\n', 'down'),
    round('first-line', 'down\nup\n', 'down'),
    round('odd-text', 'fail # "a\x01"\n', 'fail (<22>a<01><22>)'),
    { name: 'up', answers: ['up # fine\n'], said: [agentSays('up (fine)')] },
    {
      name: 'reasons',
      rules: ['no option log-health-checks'],
      answers: ['down # foo\n', 'up\n'],
      said: [
        `Server s is DOWN, reason: Layer7 wrong status, code: 0, info: "via agent : down (foo)". ${LEFT}`,
        `Server s is UP, reason: Layer7 check passed, code: 0, info: "via agent : up". ${ONLINE}`,
      ],
    },
  ]);
});

scenario('an agent sets the administrative state of its server', {}, async (t) => {
  const enters = `Server s is going DOWN for maintenance. ${LEFT}`;
  const drains = `Server s enters drain state. ${NONE_ONLINE}`;
  await play(t, [
    {
      name: 'maint',
      answers: ['maint\n', 'maint\n', 'ready\n'],
      said: [enters, 'Server s is UP/READY (leaving forced maintenance).'],
    },
    {
      name: 'drain',
      answers: ['drain\n', 'ready\n'],
      said: [drains, 'Server s is UP (leaving forced drain).'],
    },
    {
      name: 'maint-drain',
      answers: ['maint\n', 'drain\n', 'ready\n'],
      said: [
        enters,
        'Server s is UP/DRAIN (leaving forced maintenance).',
        'Server s remains in forced drain mode.',
        'Server s is UP (leaving forced drain).',
      ],
    },
    {
      name: 'down-maint',
      answers: ['down\n', 'maint\n', 'ready\n', 'up\n'],
      said: [
        agentDenies('down'),
        DOWN,
        'Server s was DOWN and now enters maintenance.',
        'Server s is DOWN/READY (leaving forced maintenance).',
        agentSays('up'),
        UP,
      ],
    },
    {
      name: 'with-health',
      answers: ['down maint\n', 'up ready\n'],
      said: [
        enters,
        agentDenies('down'),
        'Server s is UP/READY (leaving forced maintenance).',
        agentSays('up'),
      ],
    },
    {
      name: 'weight-while-drained',
      answers: ['75%,drain\n', 'ready 100%\n'],
      said: [drains, 'Server s remains in forced drain mode.', 'Server s is UP (leaving forced drain).'],
    },
    {
      name: 'disabled',
      options: 'disabled',
      answers: ['up\n', 'ready\n'],
      said: [agentSays('up'), 'Server s is UP/READY (leaving forced maintenance).'],
    },
  ]);
});

scenario('weights, limits and words without a meaning', {}, async (t) => {
  const cases: readonly (readonly [
    name: string,
    answer: string,
    wanted: Readonly<Record<string, string>>,
  ])[] = [
    ['half', '50%\n', { weight: '5', status: 'no check', agent_status: 'CHECKED', last_agt: '' }],
    ['most', '3000%\n', { weight: '256' }],
    ['none', '0%\n', { weight: '0' }],
    [
      'limit',
      'up 50% maxconn:7\n',
      { weight: '5', slim: '7', agent_status: 'L7OK', last_agt: 'via agent : up' },
    ],
    ['unknown', 'hello 50% there\n', { weight: '5', last_agt: 'agent reports an error : hello' }],
    ['no-number', '-5%\n', { weight: '10', last_agt: 'agent reports an error : -5%' }],
    ['no-percentage', '50x\n', { weight: '10', last_agt: 'agent reports an error : 50x' }],
    ['fraction', '12.5%\n', { weight: '10', last_agt: 'agent warns : Trailing garbage in weight string' }],
    [
      'bad-limit',
      'maxconn:x\n',
      { slim: '', last_agt: 'agent warns : maxconn string empty or preceded by garbage' },
    ],
    ['gone', 'down\n', { status: 'DOWN (agent)', agent_status: 'L7STS', agent_code: '0', agent_health: '0' }],
    ['away', 'drain\n', { status: 'DRAIN (agent)' }],
  ];
  await play(
    t,
    cases.map(([name, answer]) => ({ name, answers: [answer], said: [] })),
  );
  for (const [name, , wanted] of cases) {
    let row: Record<string, string> = {};
    await poll(
      async () => {
        row = statistics((await t.request(8080, get('/;csv'))).text, name);
        return Object.entries(wanted).every(([field, value]) => row[field] === value) ? true : undefined;
      },
      () => `${name}: ${JSON.stringify(wanted)}; there is ${JSON.stringify(row)}`,
    );
  }
});

function statistics(csv: string, backend: string): Record<string, string> {
  const [head = '', ...lines] = csv.replace(/^# /, '').split('\n');
  const fields = head.split(',');
  const values = lines.find((line) => line.startsWith(`${backend},s,`))?.split(',') ?? [];
  return Object.fromEntries(fields.map((field, at) => [field, values[at] ?? '']));
}

scenario('an agent that cannot be asked says nothing of its server', {}, async (t) => {
  const failing = (reason: string): string =>
    `Agent check for server s failed, reason: ${reason}, status: 1/1 UP.`;
  await play(t, [
    { name: 'no-line', answers: ['down'], said: [failing('Layer7 timeout')] },
    {
      name: 'nothing',
      answers: [''],
      said: [failing('Layer7 invalid response, info: "TCPCHK got an empty response at step 2"')],
    },
    {
      name: 'refused',
      answers: ['up\n'],
      options: 'agent-port 1',
      said: [failing('Layer4 connection problem, info: "Connection refused"')],
    },
    {
      name: 'elsewhere',
      answers: ['up\n'],
      options: `agent-addr ${t.address()}`,
      said: [failing('Layer4 connection problem, info: "Connection refused"')],
    },
  ]);
});

scenario('a server is up when neither its check nor its agent says otherwise', {}, async (t) => {
  await play(t, [
    {
      name: 'check-fails',
      answers: ['up\n'],
      options: 'check inter 10s fall 1',
      said: [
        'Health check for server s failed, reason: Layer4 connection problem, info: "Connection refused", status: 0/2 DOWN.',
        DOWN,
        agentSays('up'),
      ],
    },
  ]);
});
