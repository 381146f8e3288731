// The architecture guide's chapter 5 with its own addresses and its own files: three offices, two sites, nine proxies,
// eight web servers. The files are used as they were written (HAProxy gets the spellings of 2.6).
//
// A server counts as lost after three failed checks, and the offices check every 30 s: the loss of a site would take
// minutes. So in front of an office's file stands another that makes it look more often once a check has failed;
// SLUICE_TEST_MULTI_SITE=as-written leaves that out.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { NetworkAgent } from '../../harness/agent.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import {
  buildMultiSite,
  cutSite,
  openWebServers,
  PROXIES,
  rejoinSite,
  type Visit,
  Visitor,
} from '../../harness/multi-site.ts';
import type { Network } from '../../harness/network.ts';
import type { Program } from '../../harness/process-control.ts';
import { isOracle } from '../../harness/program.ts';
import { scenario } from '../../harness/scenario.ts';
import { modernSeedConfigPath, seedConfigPath } from '../../harness/seed-config.ts';
import { poll } from '../../harness/waiting.ts';

const asWritten = process.env['SLUICE_TEST_MULTI_SITE'] === 'as-written';

/** What the machines of the test wait for at most: the checks of the files, and some patience with a slow machine. */
const CHANGE_MS = asWritten ? 240_000 : 120_000;

const OFFICE_PACE = `
defaults
    default-server fastinter 500ms downinter 500ms
`;

const path = (name: string): string =>
  isOracle ? modernSeedConfigPath(`004-5-${name}.cfg`) : seedConfigPath(`004-5-${name}.cfg`);

class MultiSite {
  readonly t: ScenarioContext;
  readonly network: Network;
  readonly agents = new Map<string, NetworkAgent>();
  readonly #programs = new Map<string, Program>();

  constructor(t: ScenarioContext) {
    this.t = t;
    this.network = buildMultiSite(t);
    for (const node of ['office1', 'office2', 'office3', 'site1', 'site2', 'web1', 'web2'])
      this.agents.set(node, t.agent(node, this.network, node));
  }

  agent(node: string): NetworkAgent {
    const agent = this.agents.get(node);
    assert.ok(agent, node);
    return agent;
  }

  proxy(name: string): Program {
    const program = this.#programs.get(name);
    assert.ok(program, name);
    return program;
  }

  /** Starts a proxy as its machine would, and returns when it listens. */
  async startProxy(name: string): Promise<void> {
    const node = PROXIES.find((proxy) => proxy.name === name)?.node ?? '';
    const { t } = this;
    const files = [t.file('threads.cfg', 'global\n    nbthread 2\n')];
    if (name.startsWith('OP') && !asWritten) files.push(t.file('office.cfg', OFFICE_PACE));
    files.push(path(name));
    const program = t.spawnFiles(files, { wrapper: this.network.wrapper(node) });
    this.#programs.set(name, program);
    await program.listening(readFileSync(path(name), 'utf8'), CHANGE_MS);
  }

  /** A proxy has found out that a server is there or gone. */
  notices(name: string, server: string, state: 'UP' | 'DOWN'): Promise<string> {
    return this.proxy(name).stderr.line(new RegExp(`/${server} is ${state}`), CHANGE_MS);
  }

  inOffice(office: number): Visitor {
    return new Visitor(this.agent(`office${office}`), `192.168.${office}.1`, `192.168.${office}.10`);
  }

  atSite(site: number): Visitor {
    return new Visitor(this.agent(`site${site}`), `10.${site}.1.1`);
  }
}

/** People click now and then; more would only load the machine. */
const BETWEEN_VISITS_MS = 100;

/** Goes on visiting until something has happened, and once more after that. Every visit must be answered well. */
async function visitUntil(visitor: Visitor, event: Promise<unknown>, look: (visit: Visit) => void) {
  let isOver = false;
  const over = event.finally(() => {
    isOver = true;
  });
  // The visits may fail first; this one is waited for below.
  over.catch(() => undefined);
  while (!isOver) {
    look(await visitor.visit());
    await Promise.race([delay(BETWEEN_VISITS_MS), over]);
  }
  await over;
  look(await visitor.visit());
}

/** A new visitor whose session is on a server that the test has use for. */
function settle(make: () => Visitor, isWanted: (server: string) => boolean): Promise<Visitor> {
  return poll(async () => {
    const visitor = make();
    await visitor.visit();
    return isWanted(visitor.server) ? visitor : undefined;
  }, 'a session on a server of some kind');
}

/** For visitUntil: the session stays where it is. */
function stays(visitor: Visitor): (visit: Visit) => void {
  const { server } = visitor;
  const session = visitor.cookies.get('JSESSIONID');
  return (visit) => {
    assert.equal(visit.server, server);
    assert.equal(visitor.cookies.get('JSESSIONID'), session);
    assert.equal(`${server}~${visit.reply.session}`, session);
  };
}

/** 5.4: who is sent where, what cookies tell, what the application sees. */
async function everydayUse(site: MultiSite): Promise<void> {
  const user = site.inOffice(1);
  const first = await user.visit();
  assert.match(first.server, /^W1[1-4]$/);
  assert.deepEqual([...user.cookies.keys()].sort(), ['JSESSIONID', 'SITE']);
  assert.equal(user.cookies.get('SITE'), 'SITE1');
  assert.equal(user.server, first.server);
  for (let at = 0; at < 5; at++) {
    const visit = await user.visit();
    stays(user)(visit);
    assert.equal(
      visit.reply.cookie,
      `JSESSIONID=${visit.reply.session}`,
      'the application sees its own cookie',
    );
    assert.equal(visit.balancer, 'S1L1', 'of two servers with one cookie the first is meant');
    assert.equal(visit.reply.forwardedFor, '192.168.1.1, 10.1.1.1');
  }

  const servers = new Set<string>();
  const balancers = new Set<string>();
  await poll(async () => {
    const visit = await site.inOffice(2).visit();
    assert.equal(visit.director, 'SD1');
    servers.add(visit.server);
    balancers.add(visit.balancer);
    return (servers.size === 4 && balancers.size === 2) || undefined;
  }, 'new users of office 2 to meet every server and both balancers of site 1');
  assert.deepEqual([...servers].sort(), ['W11', 'W12', 'W13', 'W14']);
  assert.deepEqual([...balancers].sort(), ['S1L1', 'S1L2']);

  const traveller = site.inOffice(3);
  const before = await traveller.visit();
  assert.equal(before.director, 'SD2');
  assert.match(before.server, /^W2[1-4]$/);
  const elsewhere = site.inOffice(1);
  for (const [name, value] of traveller.cookies) elsewhere.cookies.set(name, value);
  const after = await elsewhere.visit();
  assert.equal(after.director, 'SD2', 'the office follows the cookie to the other site');
  assert.equal(after.server, before.server);
}

/** A balancer dies and comes back: redispatch hides it, the other one knows the sessions as well. */
async function loseBalancer(site: MultiSite): Promise<void> {
  const user = await settle(
    () => site.atSite(1),
    (server) => server !== 'W12',
  );
  assert.equal((await user.visit()).balancer, 'S1L1');
  site.proxy('S1L1').signal('SIGKILL');
  // What it had in hands is lost; what comes from now on is not.
  await site.proxy('S1L1').exit();
  await visitUntil(user, site.notices('SD1', 'S1L1', 'DOWN'), stays(user));
  assert.equal((await user.visit()).balancer, 'S1L2');
  await visitUntil(user, site.startProxy('S1L1'), stays(user));
  await visitUntil(user, site.notices('SD1', 'S1L1', 'UP'), stays(user));
  assert.equal((await user.visit()).balancer, 'S1L1');
}

/** USR1: the port of the checks closes, the other one stays until the directors have noticed. */
async function softStopBalancer(site: MultiSite): Promise<void> {
  const user = site.inOffice(3);
  await user.visit();
  assert.equal((await user.visit()).balancer, 'S2L1');
  const agent = site.agent('site2');
  const program = site.proxy('S2L1');
  const begun = performance.now();
  const noticed = site.notices('SD2', 'S2L1', 'DOWN');
  program.signal('SIGUSR1');
  await poll(
    async () => !(await agent.canConnect('10.2.1.11', 81)) || undefined,
    'the port of the checks to close',
  );
  // HAProxy 2.6 has no grace for some of the proxies only: its files do without.
  if (!isOracle) assert.equal(await agent.canConnect('10.2.1.11', 80), true);
  await visitUntil(user, noticed, stays(user));
  assert.equal((await user.visit()).balancer, 'S2L2');
  if (!isOracle) assert.equal(program.hasExited, false, 'the grace is longer than what the director needs');
  let status: number | null = null;
  const exited = program.exit(CHANGE_MS).then(({ code }) => {
    status = code;
  });
  await visitUntil(user, exited, stays(user));
  assert.equal(status, 0);
  if (!isOracle) assert.ok(performance.now() - begun >= 19_900, 'grace 20000');
  await visitUntil(user, site.startProxy('S2L1'), stays(user));
  await visitUntil(user, site.notices('SD2', 'S2L1', 'UP'), stays(user));
  assert.equal((await user.visit()).balancer, 'S2L1');
}

/** Port 81 closes: nobody new, but those who are there may stay. */
async function closeServer(site: MultiSite): Promise<Visitor> {
  const user = await settle(
    () => site.atSite(1),
    (server) => server === 'W12',
  );
  await site.agent('web1').close('10.1.2.2', 81);
  const noticed = Promise.all(['S1L1', 'S1L2'].map((name) => site.notices(name, 'W12', 'DOWN')));
  await visitUntil(user, noticed, stays(user));
  for (let at = 0; at < 16; at++) assert.notEqual((await site.atSite(1).visit()).server, 'W12');
  stays(user)(await user.visit());
  return user;
}

/** Then the server stops, and comes back. */
async function stopServer(site: MultiSite, user: Visitor, balancerIsBack: Promise<void>): Promise<void> {
  const web = site.agent('web1');
  await web.close('10.1.2.2', 80);
  await site.notices('S1L2', 'B12', 'DOWN');
  await balancerIsBack;
  // The new process has found it out by its very first checks.
  await site.proxy('S1L1').stderr.allOf([/\/W12 is DOWN/, /\/B12 is DOWN/]);
  assert.match((await user.visit()).server, /^W1[134]$/);
  const { server } = user;
  assert.notEqual(server, 'W12');
  await web.listen('10.1.2.2', 80, 'W12');
  await web.listen('10.1.2.2', 81, 'W12');
  await visitUntil(user, site.notices('S1L2', 'W12', 'UP'), stays(user));
  await visitUntil(user, site.notices('S1L1', 'W12', 'UP'), stays(user));
}

/** 5.5: the office reaches its site through the other one, for those whose sessions are there. */
async function withoutSite(site: MultiSite, user: Visitor): Promise<Visitor> {
  const look = stays(user);
  for (let at = 0; at < 3; at++) {
    const visit = await user.visit();
    look(visit);
    assert.equal(visit.director, 'SD2');
    assert.match(visit.balancer, /^S1L/);
  }
  const newcomer = site.inOffice(1);
  const visit = await newcomer.visit();
  assert.equal(visit.director, 'SD2');
  assert.match(visit.server, /^W2[1-4]$/);
  assert.equal(newcomer.cookies.get('SITE'), 'SITE2');
  return newcomer;
}

scenario(
  'chapter 5: three offices, two sites, nine proxies; sessions hold while parts of it go and come back',
  { nbthread: 1, needs: ['netns'], timeoutMs: asWritten ? 500_000 : 300_000 },
  async (t) => {
    const site = new MultiSite(t);
    await Promise.all(([1, 2] as const).map((number) => openWebServers(site.agent(`web${number}`), number)));
    for (const layer of [/^S\dL\d$/, /^SD\d$/, /^OP\d$/]) {
      const names = PROXIES.map(({ name }) => name).filter((name) => layer.test(name));
      await Promise.all(names.map((name) => site.startProxy(name)));
    }

    await everydayUse(site);
    const user = await settle(
      () => site.inOffice(1),
      (server) => server !== 'W12',
    );

    // The offices need longest to notice what happens; the rest goes on meanwhile.
    cutSite(site.network, 1);
    const offices = Promise.all(['OP1', 'OP2'].map((name) => site.notices(name, 'SD1', 'DOWN')));
    const insideSite1 = async (): Promise<void> => {
      const tied = await closeServer(site);
      const balancer = loseBalancer(site);
      await Promise.all([balancer, stopServer(site, tied, balancer)]);
    };
    await Promise.all([offices, softStopBalancer(site), insideSite1()]);

    const newcomer = await withoutSite(site, user);
    rejoinSite(site.network, 1);
    const returned = site.notices('OP1', 'SD1', 'UP');
    await Promise.all([
      visitUntil(user, returned, stays(user)),
      visitUntil(newcomer, returned, stays(newcomer)),
    ]);
    assert.equal((await user.visit()).director, 'SD1');
    assert.equal((await newcomer.visit()).director, 'SD2', 'a session stays at the site where it began');
  },
);
