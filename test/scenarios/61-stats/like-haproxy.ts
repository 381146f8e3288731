// The statistics beside the real program's: the same traffic through both, and every value that is not a time must be the
// same in both.

import assert from 'node:assert/strict';
import { exchange, get } from '../../harness/client.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { answer, type HttpHandler } from '../../harness/http-server.ts';
import type { Program } from '../../harness/process-control.ts';
import { findCommand } from '../../harness/program.ts';
import { scenario } from '../../harness/scenario.ts';
import { poll } from '../../harness/waiting.ts';
import type { Wire } from '../../harness/wire.ts';

/** Where one of the two programs listens, and what is behind it. */
interface Place {
  readonly ip: string;
  readonly web: string;
  readonly refusing: string;
  readonly raw: string;
}

/** What depends on the clock, on the machine's limits, or on how long ago something was. */
const TIMES =
  /\.(lastchg|downtime|lastsess|check_duration|[qcrt]time(_max)?|(conn_|req_)?rate(_max)?|pid|slim)\.\d+:/;

/** Idle connections, which each thread has of its own: with several threads it is chance how often one is used again. */
const PER_THREAD = /\.(srv_icur|(idle|safe|need)_conn_\w+|reuse|connect|h1_(open|total)_connections)\.\d+:/;

const handler: HttpHandler = async (request) => {
  const status = Number(/status=(\d+)/.exec(request.target)?.[1] ?? 200);
  if (request.target.startsWith('/chunked'))
    return 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n';
  if (request.target.startsWith('/close'))
    return { raw: 'HTTP/1.1 200 OK\r\n\r\nuntil the end', afterwards: 'close' };
  if (request.target.startsWith('/nothing')) return { raw: '', afterwards: 'close' };
  if (request.target.startsWith('/reset')) return { raw: '', afterwards: 'reset' };
  if (request.target.startsWith('/junk')) return { raw: 'junk\r\n\r\n', afterwards: 'close' };
  if (request.target.startsWith('/short'))
    return { raw: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort', afterwards: 'close' };
  if (request.target.startsWith('/interim'))
    return 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  if (request.target.startsWith('/silent')) return undefined;
  return answer(status, status === 304 || status === 204 ? '' : 'hello');
};

const configuration = ({ ip, web, refusing, raw }: Place): string => `
global
    maxconn 1000
defaults
    mode http
    timeout connect 500ms
    timeout client 5s
    timeout server 5s
    option socket-stats
    default-server pool-purge-delay 1m
frontend stats
    bind ${ip}:8081
    stats uri /s
    stats show-legends
frontend front
    bind ${ip}:8080 name first
    bind ${ip}:8082 id 12 maxconn 40
    maxconn 100
    rate-limit sessions 5000
    default_backend back
backend back
    balance roundrobin
    cookie C insert
    fullconn 30
    server one ${web} cookie 1 weight 5 maxconn 9 maxqueue 3
    server off ${web} disabled id 77 cookie 3
    server spare ${web} backup
listen broken
    bind ${ip}:8083
    retries 2
    server refusing ${refusing} id 4
    server refusing2 ${refusing} cookie x
listen plain
    bind ${ip}:8084
    monitor-uri /alive
    server one ${web}
listen keep
    bind ${ip}:8085
    http-reuse always
    server one ${web} pool-max-conn 7
listen tcp
    mode tcp
    bind ${ip}:8086
    bind ${ip}:8096 accept-proxy
    server one ${raw}
    server two ${raw} backup
listen tcpdown
    mode tcp
    bind ${ip}:8087
    server refusing ${refusing}
listen again
    bind ${ip}:8090
    retry-on 404
    retries 2
    server one ${web}
listen once-more
    bind ${ip}:8095
    retry-on empty-response
    retries 2
    server one ${web}
listen impatient
    bind ${ip}:8097
    timeout http-request 200ms
    timeout server 300ms
    server one ${web}
listen hush
    bind ${ip}:8091
    option http-ignore-probes
    server one ${web}
listen nowhere
    bind ${ip}:8092
    retries 3
    option redispatch 1
    balance first
    server refusing ${refusing}
    server one ${web}
listen sole
    bind ${ip}:8093
    retries 1
    server refusing ${refusing}
listen owner
    bind ${ip}:8094
    http-reuse never
    server one ${web}
    server redirecting ${web} redir http://x.example weight 0
listen none
    bind ${ip}:8088
listen closing
    bind ${ip}:8089
    option httpclose
    server one ${web}
`;

/** The traffic, one thing after the other. Each is over, on both sides, before the next begins. */
type Play = (open: (port: number) => Promise<Wire>, program: Program) => Promise<void>;

/** One exchange on a connection of its own, which is closed by the client. */
const single =
  (port: number, request: string): Play =>
  async (open) => {
    const wire = await open(port);
    await exchange(wire, request);
    await finish(wire);
  };

/** Bytes that the program answers by closing. */
const untilClosed =
  (port: number, bytes: string, halfClose = false): Play =>
  async (open) => {
    const wire = await open(port);
    if (bytes !== '') await wire.send(bytes);
    if (halfClose) await wire.halfClose();
    await wire.readToEnd();
    await finish(wire);
  };

async function finish(wire: Wire): Promise<void> {
  await wire.halfClose();
  await wire.readToEnd();
  wire.close();
}

const PLAYS: Readonly<Record<string, Play>> = {
  'a GET': single(8080, get('/')),
  'the second address': single(8082, get('/')),
  'HTTP/1.0': untilClosed(8080, 'GET / HTTP/1.0\r\n\r\n'),
  'every class of status': async (open) => {
    const wire = await open(8080);
    for (const status of [200, 204, 304, 404, 503, 600]) await exchange(wire, get(`/?status=${status}`));
    await finish(wire);
  },
  'a HEAD': single(8080, get('/').replace('GET', 'HEAD')),
  'a body': single(8080, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello'),
  'a body in chunks': single(
    8080,
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  ),
  'chunks back': single(8080, get('/chunked')),
  'until close': single(8080, get('/close')),
  'an interim answer': single(8080, get('/interim')),
  'a cookie': single(8080, get('/', 'Cookie: C=1')),
  'a cookie of a server that is off': single(8080, get('/', 'Cookie: C=3')),
  'no request at all': untilClosed(8080, '', true),
  'half a request': untilClosed(8080, 'GET / HT', true),
  'no request': untilClosed(8080, 'junk\r\n\r\n'),
  'an answer that never comes': single(8080, get('/nothing')),
  'a reset instead of an answer': single(8080, get('/reset')),
  'an answer that is none': single(8080, get('/junk')),
  'half an answer': untilClosed(8080, get('/short')),
  'nobody there': single(8083, get('/')),
  monitoring: single(8084, get('/alive')),
  'an answer that comes too late': single(8097, get('/silent')),
  'a client that leaves amid its body': async (open, program) => {
    const wire = await open(8084);
    await exchange(wire, get('/'));
    // It finds the beginning of the body and the end of the connection together, however late it looks.
    await program.pause();
    await wire.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhello');
    await wire.halfClose();
    program.resume();
    await wire.readToEnd().catch(() => undefined);
    wire.close();
  },
  'a connection used again': async (open) => {
    const wire = await open(8085);
    for (let i = 0; i < 3; i++) await exchange(wire, get('/'));
    await finish(wire);
  },
  'closing after every request': single(8089, get('/')),
  'an answer that is asked for again': single(8090, get('/?status=404')),
  'no answer, asked for again': single(8095, get('/nothing')),
  'a request that takes too long': untilClosed(8097, 'GET / HTTP/1.1\r\n'),
  'a connection that stays silent': untilClosed(8097, ''),
  'a probe': untilClosed(8091, '', true),
  'one server of two is there': single(8092, get('/')),
  'the only server is not there': single(8093, get('/')),
  'a connection of its own': async (open) => {
    const wire = await open(8094);
    for (let i = 0; i < 2; i++) await exchange(wire, get('/'));
    await finish(wire);
  },
  'no backend': single(8088, get('/')),
  TCP: async (open) => {
    const wire = await open(8086);
    await wire.send('ping');
    await wire.readUntil('pong');
    await finish(wire);
  },
  'TCP, nobody there': untilClosed(8087, ''),
  'no PROXY header': untilClosed(8096, 'nonsense\r\n'),
};

async function typed(t: ScenarioContext, ip: string): Promise<Map<string, string>> {
  const text = (await t.request({ host: ip, port: 8081 }, get('/s;typed'))).text;
  const names = new Map<string, string>();
  const values = new Map<string, string>();
  for (const line of text.trimEnd().split('\n')) {
    const [object = '', iid = '', sid = '', position = ''] = line.split('.');
    const id = `${object}.${iid}.${sid}`;
    const at = line.indexOf(':');
    const value = line.slice(at + 1);
    if (position === '0') names.set(id, value.split(':').at(-1) ?? '');
    if (position === '1') names.set(id, `${names.get(id)}/${value.split(':').at(-1)}`);
    values.set(`${names.get(id)} ${line.slice(0, at)}:`, value.replace(`${ip}:80`, 'IP:80'));
  }
  return values;
}

/** The page's own proxy is asked at different times. */
const compared = (key: string, threads: number): boolean =>
  !TIMES.test(key) && !key.startsWith('stats/') && (threads === 1 || !PER_THREAD.test(key));

scenario(
  'every value that is no time is what the real program tells',
  { needs: ['haproxy'], timeoutMs: 120_000 },
  async (t) => {
    const real = findCommand('haproxy') as string;
    const server = await t.httpServer(handler);
    const raw = await t.tcpServer({
      script: async (wire) => {
        await wire.readUntil('ping');
        await wire.send('pong');
        await wire.readToEnd();
        wire.close();
      },
    });
    const refusing = await t.refusingAddress();
    const place = (ip: string): Place => ({ ip, web: server.address, refusing, raw: raw.address });
    const places = [place(t.ip), place(t.address())] as const;
    const sluice = await t.start(configuration(places[0]));
    // One thread: there the real program's own figures are exact.
    const haproxy = await t.start(`${configuration(places[1])}\nglobal\n    nbthread 1\n`, { path: real });
    const programs = [sluice, haproxy] as const;
    const differences: string[] = [];
    const known = new Map<string, string>();
    for (const [name, play] of Object.entries(PLAYS)) {
      for (const [i, { ip }] of places.entries())
        await play((port) => t.connect({ host: ip, port }), programs[i] as Program);
      const idle = await Promise.all(places.map(({ ip }) => settled(t, ip)));
      const [ours, theirs] = idle as [Map<string, string>, Map<string, string>];
      const found: string[] = [];
      for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
        if (!compared(key, t.nbthread)) continue;
        // How far they are apart: what was different before is not told again.
        const distance = apart(ours.get(key), theirs.get(key));
        if (distance === (known.get(key) ?? '')) continue;
        known.set(key, distance);
        found.push(`  ${key} ${ours.get(key)} instead of ${theirs.get(key)}, ${distance}`);
      }
      if (found.length > 0) differences.push(`after ${name}:`, ...found);
    }
    assert.ok(differences.length === 0, differences.join('\n'));
  },
);

/** The difference of two values: how much the first has more, or both; nothing where they are alike. */
function apart(ours: string | undefined, theirs: string | undefined): string {
  if (ours === theirs) return '';
  const [mine, yours] = [ours, theirs].map((value) => Number(/:u\d\d:(\d+)$/.exec(value ?? '')?.[1]));
  const by = (mine ?? Number.NaN) - (yours ?? Number.NaN);
  return Number.isNaN(by) ? `${ours} ${theirs}` : String(by);
}

/** The statistics once all sessions are over. */
function settled(t: ScenarioContext, ip: string): Promise<Map<string, string>> {
  return poll(async () => {
    const values = await typed(t, ip);
    for (const [key, value] of values)
      if (/\.(scur|qcur)\.1:$/.test(key) && compared(key, 1) && !value.endsWith(':0')) return undefined;
    return values;
  }, 'all sessions to be over');
}
