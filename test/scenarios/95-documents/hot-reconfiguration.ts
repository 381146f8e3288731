// The architecture guide's section 4.3: its script, as it was written, with its paths. It runs in a mount namespace in
// which /etc/haproxy and /var/run are the scenario's own, and `haproxy` is the program under test. The process works
// under another user and root, on a privileged port that it could not open again.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ScenarioContext } from '../../harness/context.ts';
import type { RunResult } from '../../harness/process-control.ts';
import { isOracle } from '../../harness/program.ts';
import { scenario } from '../../harness/scenario.ts';
import { seedConfigPath } from '../../harness/seed-config.ts';
import type { TcpServer } from '../../harness/tcp-server.ts';
import { poll } from '../../harness/waiting.ts';

const PORT = 81;

class Machine {
  readonly t: ScenarioContext;
  readonly #etc: string;
  readonly #run: string;
  readonly #bin: string;

  constructor(t: ScenarioContext) {
    this.t = t;
    [this.#etc, this.#run, this.#bin] = ['etc', 'run', 'bin'].map((name) => join(t.directory, name)) as [
      string,
      string,
      string,
    ];
    for (const directory of [this.#etc, this.#run, this.#bin, join(t.directory, 'empty')])
      mkdirSync(directory);
    chmodSync(t.directory, 0o755);
    symlinkSync(t.programPath, join(this.#bin, 'haproxy'));
  }

  /** Runs a shell command where the scenario's directories stand in the places that the script knows. */
  shell(command: string): Promise<RunResult> {
    const setUp = [
      'set -e',
      'mount --make-rprivate /',
      `mount --bind '${this.#etc}' /etc/haproxy`,
      `mount --bind '${this.#run}' "$(readlink -f /var/run)"`,
      `export PATH='${this.#bin}':"$PATH"`,
      'set +e',
    ];
    return this.t.runCommand('unshare', ['--mount', 'sh', '-c', [...setUp, command].join('\n')], {
      endsWithinMs: 60_000,
    });
  }

  config(server: TcpServer): string {
    return `
global
    nbthread ${this.t.nbthread}
    daemon
    user nobody
    group nogroup
    chroot ${join(this.t.directory, 'empty')}
defaults
    timeout connect 4s
    timeout client 30s
    timeout server 30s
listen relay
    bind ${this.t.ip}:${PORT}
    server s1 ${server.address}
`;
  }

  write(name: string, content: string): void {
    writeFileSync(join(this.#etc, name), content);
  }

  read(name: string): string | undefined {
    const path = join(this.#etc, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }

  pid(name = 'haproxy.pid'): number | undefined {
    const path = join(this.#run, name);
    return existsSync(path) ? Number(readFileSync(path, 'latin1')) : undefined;
  }
}

/** As written. HAProxy 2.6 wants a blank behind -f. */
function theScript(): string {
  const text = readFileSync(seedConfigPath('004-4.3-hot-reconfig.sh'), 'utf8');
  return isOracle ? text.replace('-f/etc', '-f /etc') : text;
}

/** Which server a new connection reaches, once somebody listens again. */
function reached(t: ScenarioContext): Promise<string> {
  return poll(async () => {
    const client = await t.connect(PORT).catch(() => undefined);
    const name = (await client?.readUntil('\n').catch(() => undefined))?.toString();
    client?.close();
    return name?.trim();
  }, 'a new connection to be served');
}

/** Says its name, and then repeats what it hears. */
function namedEcho(t: ScenarioContext, name: string): Promise<TcpServer> {
  return t.tcpServer({
    name,
    script: async (wire) => {
      await wire.send(`${name}\n`);
      wire.socket.on('data', (bytes: Buffer) => wire.socket.write(bytes));
      await wire.ended(60_000);
      wire.close();
    },
  });
}

scenario(
  'the hot reconfiguration script: a new instance takes over, a faulty one is given up',
  { timeoutMs: 150_000, needs: ['root', 'mounts', '/etc/haproxy'] },
  async (t) => {
    const machine = new Machine(t);
    const a = await namedEcho(t, 'a');
    const b = await namedEcho(t, 'b');
    const script = `sh '${t.file('hot-reconfig.sh', theScript())}'`;

    machine.write('config', machine.config(a));
    const first = await machine.shell('haproxy -p /var/run/haproxy.pid -f /etc/haproxy/config');
    assert.equal(first.status, 0, first.stderr);
    const oldPid = machine.pid();
    assert.ok(oldPid);
    const old = await t.connect(PORT);
    assert.equal((await old.readUntil('\n')).toString(), 'a\n');

    machine.write('config.new', machine.config(b));
    const replaced = await machine.shell(script);
    assert.match(replaced.stdout, /New instance successfully loaded, stopping previous one\./);
    assert.equal(replaced.status, 1, 'which is how the script ends then');
    assert.equal(machine.read('config'), machine.config(b));
    assert.equal(machine.read('config.old'), machine.config(a));
    assert.equal(machine.read('config.new'), undefined);
    const newPid = machine.pid();
    assert.ok(newPid !== undefined && newPid !== oldPid);
    assert.equal(machine.pid('haproxy.pid.old'), undefined);
    assert.equal(await reached(t), 'b');
    await old.send('still here');
    assert.equal((await old.read(10)).toString(), 'still here', 'the old connection is served to its end');
    old.close();
    await poll(() => !existsSync(`/proc/${oldPid}`) || undefined, 'the old process to leave');

    const current = await t.connect(PORT);
    assert.equal((await current.readUntil('\n')).toString(), 'b\n');
    const faulty = `${machine.config(a)}    no-such-keyword\n`;
    machine.write('config.new', faulty);
    const refused = await machine.shell(script);
    assert.match(refused.stdout, /New instance failed to start, resuming previous one\./);
    assert.match(refused.stderr, /unknown keyword 'no-such-keyword'/);
    assert.equal(refused.status, 0, 'which is how the script ends then');
    assert.equal(machine.read('config'), machine.config(b));
    assert.equal(machine.read('config.new'), faulty);
    assert.equal(machine.pid(), newPid);
    assert.equal(await reached(t), 'b', 'it listens again');
    await current.send('me too');
    assert.equal((await current.read(6)).toString(), 'me too');

    // At last, as the guide says, the old one is ended whatever it has in hands.
    assert.equal((await machine.shell('kill $(cat /var/run/haproxy.pid)')).status, 0);
    await current.ended();
    await poll(() => !existsSync(`/proc/${newPid}`) || undefined, 'the process to end');
  },
);
