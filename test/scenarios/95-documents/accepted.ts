// Every configuration of the documents passes -c: as its author wrote it, with a warning for each line that HAProxy 2.6
// does not take any more and a hint that says what to write, and in the spelling of 2.6, as HAProxy itself sees it.

import assert from 'node:assert/strict';
import { isOracle } from '../../harness/program.ts';
import { scenario } from '../../harness/scenario.ts';
import { modernSeedConfigPath, seedConfigNames, seedConfigPath } from '../../harness/seed-config.ts';

/** By file: the line and what is to be written instead. */
const HINTS: Readonly<Record<string, readonly (readonly [line: number, instead: string])[]>> = {
  '000-ss-proxy.cfg': [
    [13, 'timeout connect 5000'],
    [14, 'timeout client 50000'],
    [15, 'timeout server 50000'],
    [17, 'bind 0.0.0.0:443'],
  ],
  '001-web.cfg': [[33, 'bind *:80']],
  '003-http.cfg': [],
  '003-tcp.cfg': [],
  '004-1-cookie-insert.cfg': [[1, 'bind 192.168.1.1:80']],
  '004-2.1-cookie-prefix.cfg': [[1, 'bind 192.168.1.1:80']],
  '004-2.1-weights.cfg': [[1, 'bind 192.168.1.1:80']],
  '004-2.1b-external-l4.cfg': [[1, 'bind 0.0.0.0:80']],
  '004-2.2-monitor-net.cfg': [[6, 'tcp-request connection reject if { src 192.168.1.252/31 }']],
  '004-2.2-ssl-hello-chk.cfg': [
    [6, 'check port 1514'],
    [7, 'check port 1514'],
  ],
  '004-3-cookie-nocache.cfg': [[1, 'bind 127.0.0.1:8000']],
  '004-3.1-stunnel.cfg': [[1, 'bind 192.168.1.1:80']],
  '004-4.1-softstop-file.cfg': [
    [1, 'bind 192.168.1.1:80'],
    [11, 'option redispatch'],
    [12, 'timeout connect 5000'],
  ],
  '004-4.2-softstop-backup.cfg': [
    [1, 'bind 192.168.1.1:80'],
    [4, 'option redispatch'],
  ],
  '004-4.2.1-checks-relay.cfg': [
    [5, 'bind 0.0.0.0:81'],
    [8, 'timeout connect 1000'],
    [9, 'timeout client 10000'],
    [10, 'timeout server 10000'],
  ],
  ...officesAndSites(),
  '004-6-source-balancing.cfg': [[1, 'bind 0.0.0.0:80']],
  '004-7-maxconn.cfg': [
    [1, 'bind 192.168.1.1:80'],
    [12, 'timeout connect 60000'],
  ],
  '004-7-minconn.cfg': [
    [1, 'bind 192.168.1.1:80'],
    [13, 'timeout connect 6000'],
  ],
};

function officesAndSites(): Record<string, (readonly [number, string])[]> {
  const hints: Record<string, (readonly [number, string])[]> = {};
  const directors = {
    OP1: '192.168.1.1',
    OP2: '192.168.2.1',
    OP3: '192.168.3.1',
    SD1: '10.1.1.1',
    SD2: '10.2.1.1',
  };
  for (const [name, address] of Object.entries(directors)) {
    hints[`004-5-${name}.cfg`] = [
      [1, `bind ${address}:80`],
      [4, 'option redispatch'],
    ];
  }
  const balancers = { S1L1: '10.1.1.11', S1L2: '10.1.1.12', S2L1: '10.2.1.11', S2L2: '10.2.1.12' };
  for (const [name, address] of Object.entries(balancers)) {
    hints[`004-5-${name}.cfg`] = [
      [1, `bind ${address}:80`],
      [2, 'grace 20000'],
      [19, `bind ${address}:81`],
    ];
  }
  return hints;
}

/** What does not pass yet, with the reason. */
const WAITING: Readonly<Record<string, string>> = {};

/** The lines that are warned about, each with its hint. */
function warnings(stderr: string): [line: number, hint: string][] {
  const found: [number, string][] = [];
  let line = 0;
  for (const text of stderr.split('\n')) {
    const place = /\.cfg:(\d+)[\]:]/.exec(text);
    if (place !== null) line = Number(place[1]);
    const hint = /^ +hint: (.*)$/.exec(text);
    if (hint?.[1] !== undefined) found.push([line, hint[1]]);
  }
  return found.sort((a, b) => a[0] - b[0]);
}

for (const name of isOracle ? [] : seedConfigNames()) {
  if (WAITING[name] !== undefined) continue;
  scenario(
    `${name} passes -c as its author wrote it, with a hint for each old line`,
    { nbthread: 1 },
    async (t) => {
      // `quiet` in a file silences its check as well, unless it is asked to be verbose.
      const result = await t.run(['-c', '-V', '-f', seedConfigPath(name)]);
      assert.equal(result.status, 0, result.stderr);
      const hints = HINTS[name];
      assert.ok(hints, 'the file is known here');
      const found = warnings(result.stderr);
      assert.deepEqual(
        found.map(([line]) => line),
        hints.map(([line]) => line),
        result.stderr,
      );
      for (const [at, [, instead]] of hints.entries()) {
        assert.match(found[at]?.[1] ?? '', /write '/);
        assert.ok(found[at]?.[1].includes(`${instead}'`), `${found[at]?.[1]} says ${instead}`);
      }
    },
  );
}

for (const name of seedConfigNames()) {
  if (!isOracle && WAITING[`modern/${name}`] !== undefined) continue;
  scenario(`modern/${name} passes -c without a word on any line`, { nbthread: 1 }, async (t) => {
    const result = await t.run(['-c', '-V', '-f', modernSeedConfigPath(name)]);
    assert.equal(result.status, 0, result.stderr);
    // That timeouts or a log are missing is said of whole proxies.
    assert.doesNotMatch(result.stderr, /\.cfg:\d+/);
    assert.match(result.stdout + result.stderr, /Configuration file is valid/);
  });
}
