// States of servers from a file, as `show servers state` has written it: what is believed, what is applied, what is said.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { ask } from '../../harness/farm.ts';
import { scenario } from '../../harness/scenario.ts';

const HEADER =
  '1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port\n';

interface Line {
  readonly backend?: string;
  readonly server?: string;
  readonly address?: string;
  readonly operational?: number | string;
  readonly administrative?: number | string;
  readonly weight?: number | string;
  readonly initialWeight?: number | string;
  readonly health?: number | string;
  readonly port?: number | string;
  readonly fqdn?: string;
  readonly checkPort?: number;
  readonly agentPort?: number;
}

function line(values: Line): string {
  const {
    backend = 'web',
    server = 'a',
    address = '127.0.0.1',
    operational = 2,
    administrative = 0,
  } = values;
  const {
    weight = 1,
    initialWeight = 1,
    health = 3,
    port = 1,
    fqdn = '-',
    checkPort = 0,
    agentPort = 0,
  } = values;
  return `2 ${backend} 1 ${server} ${address} ${operational} ${administrative} ${weight} ${initialWeight} 77 6 3 ${health} 6 0 0 0 ${fqdn} ${port} - 0 ${checkPort} - - ${agentPort}\n`;
}

const LEFT = (active: number): string =>
  `${active} active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.`;
const RELOADED = 'changed from server-state after a reload';

/** `FILE` is the file's path. */
const CASES: readonly (readonly [title: string, text: string, said: readonly string[]])[] = [
  ['a server that was up', HEADER + line({}), []],
  [
    'one that was down takes those that track it along',
    HEADER + line({ operational: 0, health: 0 }),
    [`Server web/a is DOWN, ${RELOADED}. ${LEFT(2)}`, `Server web/t is DOWN via web/a. ${LEFT(1)}`],
  ],
  [
    'one that was stopping',
    HEADER + line({ server: 'b', operational: 3 }),
    [
      `Server web/b is stopping, ${RELOADED}. 2 active and 0 backup servers online. 0 sessions requeued, 0 total in queue.`,
    ],
  ],
  [
    'drain',
    HEADER + line({ server: 'b', administrative: 8 }),
    ['Server web/b remains in forced drain mode.'],
  ],
  [
    'maintenance',
    HEADER + line({ server: 'b', operational: 0, administrative: 1, health: 0 }),
    [`Server web/b is DOWN, ${RELOADED}. ${LEFT(2)}`],
  ],
  ['inherited bits alone', HEADER + line({ server: 'b', administrative: 18 }), []],
  [
    'the first line about a server counts',
    HEADER + line({ server: 'b' }) + line({ server: 'b', operational: 0 }),
    [],
  ],
  ['servers that are not there any more', HEADER + line({ server: 'z' }) + line({ backend: 'z' }), []],
  ['no header, comments, empty lines', `1\n\n#x\n${line({})}`, []],
  ['an empty file', '', ["config: Can't get version of the global server state file 'FILE'."]],
  [
    'another version',
    `2\n${line({})}`,
    ["config: Can't get version of the global server state file 'FILE'."],
  ],
  [
    'lines that end as on Windows',
    `1\r\n${line({})}`,
    ["config: Can't get version of the global server state file 'FILE'."],
  ],
  [
    'garbage anywhere: nothing is applied',
    `${HEADER}${line({ operational: 0 })}garbage\n`,
    ["config: corrupted global server state file 'FILE' at line 3."],
  ],
  [
    'a last line that does not end',
    HEADER + line({ operational: 0 }).trimEnd(),
    ["config: corrupted global server state file 'FILE' at line 2."],
  ],
  [
    'values out of range',
    HEADER +
      line({ operational: 9, administrative: 200, weight: 300, initialWeight: 'x', health: 'y' }) +
      line({ server: 'b', port: 99999 }),
    [
      "server-state application failed for server 'web/a', invalid srv_op_state value '9', invalid srv_admin_state value '200', invalid srv_uweight value '300', invalid srv_iweight value 'x', invalid srv_check_health value 'y'",
      "server-state application failed for server 'web/b', invalid srv_port value '99999'",
    ],
  ],
  [
    'an agent that is no more',
    HEADER + line({ agentPort: 99 }),
    ["server-state partially applied for server 'web/a', agent checks are not enabled on this server"],
  ],
];

for (const [title, text, said] of CASES) {
  scenario(`a state file: ${title}`, {}, async (t) => {
    const file = t.file('states', text);
    const result = await t.check(`
global
    server-state-file ${file}
${HTTP_DEFAULTS}
    load-server-state-from-file global
listen web
    bind ${t.ip}:8080
    server a 127.0.0.1:1 check
    server b 127.0.0.1:1
    server t 127.0.0.1:1 track a
`);
    assert.equal(result.status, 0, result.stderr);
    const lines = result.stderr
      .split('\n')
      .flatMap((row) => /^\[WARNING\] +\(\d+\) : config : (.*)$/.exec(row)?.[1] ?? []);
    assert.deepEqual(
      lines,
      said.map((row) => row.replace('FILE', file)),
    );
  });
}

async function statusOf(t: ScenarioContext, server: string): Promise<readonly string[]> {
  const { text } = await t.request(8090, get('/;csv', 'Connection: close'));
  const [head = '', ...rows] = text.slice(2).split('\n');
  const names = head.split(',');
  const row =
    rows.map((one) => one.split(',')).find((fields) => fields[0] === 'web' && fields[1] === server) ?? [];
  return ['status', 'weight'].map((name) => row[names.indexOf(name)] ?? '');
}

const statistics = (t: ScenarioContext): string => `
listen statistics
    bind ${t.ip}:8090
    stats enable
    stats uri /
`;

scenario('states, weights and ports of a file are in force from the first request', {}, async (t) => {
  const [a, b, moved, named] = [
    await t.httpServer('a'),
    await t.httpServer('b'),
    await t.httpServer('moved'),
    await t.httpServer('named', { host: '127.0.0.1' }),
  ];
  const own = (server: HttpPort): Line => ({ address: t.ip, port: server.port });
  t.file(
    'web',
    HEADER +
      line({ ...own(a), server: 'a', operational: 0, health: 0 }) +
      line({ ...own(b), server: 'b', weight: 7, initialWeight: 5 }) +
      line({ ...own(moved), server: 'c', weight: 9, initialWeight: 8 }) +
      line({ ...own(a), server: 'd', administrative: 8 }) +
      line({ ...own(a), server: 'm', operational: 0, administrative: 1, health: 0 }) +
      line({ ...own(a), server: 'e', administrative: 4 }) +
      line({ ...own(a), server: 'f', operational: 0, administrative: 5 }) +
      line({ server: 'n', address: '127.0.0.1', port: named.port, fqdn: 'name.invalid', weight: 0 }),
  );
  await t.start(`
global
    server-state-base ${t.directory}
${HTTP_DEFAULTS}
${statistics(t)}
listen web
    bind ${t.ip}:8080
    load-server-state-from-file local
    cookie S insert
    server a ${a.address} check inter 1h rise 5
    server b ${b.address} weight 5
    server c ${t.ip}:1 cookie c weight 5
    server d ${a.address}
    server m ${a.address}
    server e ${a.address} disabled
    server f ${a.address}
    server n name.invalid:${named.port} cookie n init-addr last,none
`);
  const statuses = [];
  for (const server of ['b', 'c', 'd', 'm', 'e', 'n']) statuses.push(await statusOf(t, server));
  assert.deepEqual(statuses, [
    ['no check', '7'],
    ['no check', '5'],
    ['DRAIN', '1'],
    ['MAINT', '1'],
    ['no check', '1'],
    ['no check', '0'],
  ]);
  assert.match((await statusOf(t, 'a'))[0] ?? '', /^DOWN/);
  assert.deepEqual(await ask(t, 8080, 1, { headers: ['Cookie: S=c'] }), ['moved']);
  assert.deepEqual(await ask(t, 8080, 1, { headers: ['Cookie: S=n'] }), ['named']);
});

interface HttpPort {
  readonly port: number;
}

scenario('a state file that is not there is told, and forgiven', {}, async (t) => {
  const result = await t.check(`
global
    server-state-file ${t.directory}/nothing
${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    load-server-state-from-file local
    server-state-file-name ${t.directory}/none
    server a 127.0.0.1:1
`);
  assert.equal(result.status, 0);
  for (const said of [
    `config : config: Can't open global server state file '${t.directory}/nothing': No such file or directory`,
    `config : Proxy 'web': Can't open server state file '${t.directory}/none': No such file or directory.`,
  ]) {
    assert.ok(result.stderr.includes(said), result.stderr);
  }
});

scenario('a file of another backend is not taken for one’s own', {}, async (t) => {
  const file = t.file('states', HEADER + line({ backend: 'other', operational: 0 }));
  const result = await t.check(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    id 2
    load-server-state-from-file local
    server-state-file-name ${file}
    server a 127.0.0.1:1
`);
  assert.match(
    result.stderr,
    /config : Proxy 'web': backend name mismatch: from server state file: 'other', from running config 'web'$/m,
  );
});
