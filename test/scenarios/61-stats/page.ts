// The statistics page: who gets it, its header lines, CSV with true values, and the log.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { scenario } from '../../harness/scenario.ts';

type Line = Readonly<Record<string, string>>;

const HEADER =
  '# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt,comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,qtime,ctime,rtime,ttime,agent_status,agent_code,agent_duration,check_desc,agent_desc,check_rise,check_fall,check_health,agent_rise,agent_fall,agent_health,addr,cookie,mode,algo,conn_rate,conn_rate_max,conn_tot,intercepted,dcon,dses,wrew,connect,reuse,cache_lookups,cache_hits,srv_icur,src_ilim,qtime_max,ctime_max,rtime_max,ttime_max,eint,idle_conn_cur,safe_conn_cur,used_conn_cur,need_conn_est,uweight,agg_server_status,agg_server_check_status,agg_check_status,-,';

/** The CSV by `proxy/server`. No value of these scenarios has a comma. */
async function statistics(
  t: ScenarioContext,
  port: number,
  target = '/haproxy?stats;csv',
): Promise<Map<string, Line>> {
  const text = (await t.request(port, get(target))).text;
  const [header = '', ...lines] = text.trimEnd().split('\n');
  assert.ok(header.startsWith(HEADER), header);
  const names = header.slice(2).split(',');
  return new Map(
    lines.map((line) => {
      const values = line.split(',');
      return [
        `${values[0]}/${values[1]}`,
        Object.fromEntries(names.map((name, at) => [name, values[at] ?? ''])),
      ] as const;
    }),
  );
}

function pick(line: Line | undefined, ...names: string[]): Line {
  return Object.fromEntries(names.map((name) => [name, line?.[name] ?? 'no line']));
}

scenario('csv: counts, limits, states and names as they are', {}, async (t) => {
  const server = await t.httpServer('x');
  await t.start(`${HTTP_DEFAULTS}
frontend stats
    bind ${t.ip}:8081
    stats enable
    stats show-legends
frontend front
    bind ${t.ip}:8080
    maxconn 100
    rate-limit sessions 50
    default_backend back
backend back
    balance leastconn
    cookie C insert
    fullconn 30
    server up ${server.address} weight 5 maxconn 7 maxqueue 3 cookie u
    server spare ${server.address} backup
    server off ${server.address} disabled id 77
listen other
    mode tcp
    bind ${t.ip}:8082
    server refusing ${await t.refusingAddress()} check inter 100 fall 1
`);
  for (let i = 0; i < 3; i++) await t.request(8080, get());
  await t.request(8080, 'nonsense\r\n\r\n');
  let all = await statistics(t, 8081);
  const settled = (): boolean =>
    all.get('other/refusing')?.['status'] === 'DOWN' && all.get('front/FRONTEND')?.['scur'] === '0';
  while (!settled()) all = await statistics(t, 8081);
  assert.deepEqual(
    [...all.keys()],
    [
      'stats/FRONTEND',
      'front/FRONTEND',
      'back/up',
      'back/spare',
      'back/off',
      'back/BACKEND',
      'other/FRONTEND',
      'other/refusing',
      'other/BACKEND',
    ],
  );
  assert.deepEqual(
    pick(
      all.get('front/FRONTEND'),
      'scur',
      'slim',
      'stot',
      'status',
      'type',
      'rate_lim',
      'hrsp_2xx',
      'mode',
      'conn_tot',
    ),
    {
      scur: '0',
      slim: '100',
      stot: '4',
      status: 'OPEN',
      type: '0',
      rate_lim: '50',
      hrsp_2xx: '3',
      mode: 'http',
      conn_tot: '4',
    },
  );
  assert.deepEqual(
    pick(
      all.get('back/up'),
      'scur',
      'slim',
      'stot',
      'bin',
      'bout',
      'status',
      'weight',
      'act',
      'bck',
      'qlimit',
      'sid',
      'lbtot',
      'type',
      'hrsp_2xx',
      'req_tot',
      'addr',
      'cookie',
      'uweight',
      'chkfail',
    ),
    {
      scur: '0',
      slim: '7',
      stot: '3',
      bin: '159',
      bout: '150',
      status: 'no check',
      weight: '5',
      act: '1',
      bck: '0',
      qlimit: '3',
      sid: '1',
      lbtot: '3',
      type: '2',
      hrsp_2xx: '3',
      req_tot: '3',
      addr: server.address,
      cookie: 'u',
      uweight: '5',
      chkfail: '',
    },
  );
  assert.deepEqual(pick(all.get('back/spare'), 'act', 'bck', 'stot'), { act: '0', bck: '1', stot: '0' });
  assert.deepEqual(pick(all.get('back/off'), 'status', 'sid'), { status: 'MAINT', sid: '77' });
  assert.deepEqual(
    pick(
      all.get('back/BACKEND'),
      'slim',
      'stot',
      'status',
      'weight',
      'act',
      'bck',
      'type',
      'cookie',
      'algo',
      'downtime',
      'econ',
    ),
    {
      slim: '30',
      stot: '3',
      status: 'UP',
      weight: '5',
      act: '1',
      bck: '1',
      type: '1',
      cookie: 'C',
      algo: 'leastconn',
      downtime: '0',
      econ: '0',
    },
  );
  assert.deepEqual(
    pick(
      all.get('other/refusing'),
      'status',
      'chkfail',
      'chkdown',
      'check_status',
      'check_desc',
      'check_rise',
      'check_fall',
      'check_health',
      'mode',
      'hrsp_2xx',
    ),
    {
      status: 'DOWN',
      chkfail: '1',
      chkdown: '1',
      check_status: 'L4CON',
      check_desc: 'Layer4 connection problem',
      check_rise: '2',
      check_fall: '1',
      check_health: '0',
      mode: 'tcp',
      hrsp_2xx: '',
    },
  );
  assert.deepEqual(pick(all.get('other/BACKEND'), 'status', 'act', 'chkdown'), {
    status: 'DOWN',
    act: '0',
    chkdown: '1',
  });
});

scenario('head lines, password, actions, log', {}, async (t) => {
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    option httplog
frontend open
    bind ${t.ip}:8081
    stats uri /s
    stats refresh 10s
frontend closed
    bind ${t.ip}:8082
    stats realm My\\ Realm
    stats auth a:b
    stats auth c:d
`);
  const page = await t.request(8081, get('/s'));
  assert.equal(
    page.rawHead,
    'HTTP/1.1 200 OK\r\ncache-control: no-cache\r\ncontent-type: text/html\r\nrefresh: 10\r\ntransfer-encoding: chunked\r\n\r\n',
  );
  assert.match(page.text, /Statistics Report for/);
  assert.match(
    await log.line(),
    /open open\/<STATS> 0\/0\/0\/0\/\d+ 200 \d+ - - LR-- .* "GET \/s HTTP\/1\.1"/,
  );
  const csv = await t.request(8081, get('/s;csv;norefresh'));
  assert.equal(
    csv.rawHead,
    'HTTP/1.1 200 OK\r\ncache-control: no-cache\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n',
  );
  const head = await t.request(8081, get('/s').replace('GET', 'HEAD'));
  assert.equal(
    head.rawHead,
    'HTTP/1.1 200 OK\r\ncache-control: no-cache\r\ncontent-type: text/html\r\nrefresh: 10\r\n\r\n',
  );
  const refused = await t.request(8082, get('/haproxy?stats'));
  assert.equal(
    refused.rawHead,
    'HTTP/1.1 401 Unauthorized\r\ncontent-length: 112\r\ncache-control: no-cache\r\ncontent-type: text/html\r\nwww-authenticate: Basic realm="My Realm"\r\n\r\n',
  );
  assert.equal((await t.request(8082, get('/haproxy?stats', 'Authorization: Basic YTpj'))).status, 401);
  for (const account of ['YTpi', 'Yzpk'])
    assert.equal(
      (await t.request(8082, get('/haproxy?stats', `Authorization: Basic ${account}`))).status,
      200,
    );
  const action = await t.request(
    8081,
    'POST /s HTTP/1.1\r\nHost: www.example.test\r\nContent-Length: 11\r\n\r\naction=none',
  );
  assert.equal(
    action.rawHead,
    'HTTP/1.1 303 See Other\r\ncache-control: no-cache\r\ncontent-type: text/plain\r\ncontent-length: 0\r\nlocation: /s;st=DENY\r\n\r\n',
  );
  assert.equal((await t.request(8081, get('/'))).status, 503);
});

scenario('scope and up leave lines out; several requests share a connection', {}, async (t) => {
  const server = await t.httpServer('x');
  await t.start(`${HTTP_DEFAULTS}
listen one
    bind ${t.ip}:8081
    stats enable
    stats scope .
    stats scope two
    server up ${server.address}
    server off ${server.address} disabled
backend two
    server up ${server.address}
backend three
    server up ${server.address}
`);
  const keys = async (target: string): Promise<string[]> => [...(await statistics(t, 8081, target)).keys()];
  const shown = ['one/FRONTEND', 'one/up', 'one/off', 'one/BACKEND', 'two/up', 'two/BACKEND'];
  assert.deepEqual(await keys('/haproxy?stats;csv'), shown);
  assert.deepEqual(
    await keys('/haproxy?stats;csv;up'),
    shown.filter((key) => key !== 'one/off'),
  );
  const wire = await t.connect(8081);
  for (let i = 0; i < 3; i++) {
    await wire.send(get('/haproxy?stats'));
    assert.match((await wire.readUntil('\r\n0\r\n\r\n')).toString(), /<\/html>/);
  }
  await wire.send(get());
  assert.match((await wire.readUntil('\r\n\r\n')).toString(), /^HTTP\/1\.1 200 OK/);
});

scenario('a page of thousands of servers comes whole, and slowly read too', {}, async (t) => {
  const servers = Array.from({ length: 3000 }, (_, at) => `    server s${at} ${t.ip}:9 disabled`);
  await t.start(`${HTTP_DEFAULTS}
listen big
    bind ${t.ip}:8081
    stats enable
${servers.join('\n')}
`);
  const all = await statistics(t, 8081);
  assert.equal(all.size, 3002);
  const wire = await t.connect(8081);
  wire.stopReading();
  await wire.send(get('/haproxy?stats'));
  // Meanwhile the proxy serves others.
  assert.equal((await statistics(t, 8081)).size, 3002);
  wire.resumeReading();
  const page = (await wire.readUntil('\r\n0\r\n\r\n', 20_000)).toString('latin1');
  assert.equal(page.match(/big\/s\d+/g)?.filter((name) => name === 'big/s2999').length, 2);
});

scenario('mistakes in stats lines', {}, async (t) => {
  const lines: readonly (readonly [string, RegExp])[] = [
    ['stats', /missing keyword in 'stats', expects 'admin', 'uri'/],
    ['stats foo', /unknown stats parameter 'foo', expects 'admin', 'uri'/],
    ['stats uri', /'uri' needs an URI prefix\./],
    ['stats auth', /'auth' needs a user:password account\./],
    ['stats realm', /'realm' needs an realm name\./],
    ['stats scope', /'scope' needs a proxy name\./],
    ['stats refresh x', /unexpected character 'x' in argument to stats refresh interval\./],
    ['stats admin', /'stats admin' requires either 'if' or 'unless' followed by a condition\./],
  ];
  for (const [line, message] of lines) {
    const result = await t.check(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    ${line}
`);
    assert.equal(result.status, 1, line);
    assert.match(result.stderr, message, line);
  }
});
