// Networks of a scenario: network namespaces joined by cables (veth pairs) and switches (bridges), and commands that
// run in them. Nothing of it touches the machine's own network. Needs root; see 'netns' in needs.ts.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PREFIX = 'sluice';

let networkCount = 0;

export interface Plug {
  /** The node's name in this network. */
  readonly node: string;
  /** The interface's name in the node. */
  readonly device: string;
  /** With the length of the network: 10.1.2.3/16. */
  readonly addresses?: readonly string[];
  /** The bridge of the node that the interface joins. */
  readonly bridge?: string;
}

export class Network {
  readonly #nodes = new Set<string>();
  readonly #number = ++networkCount;

  constructor() {
    removeLeftOvers();
  }

  /** The name under which the machine knows the node's namespace. */
  namespace(node: string): string {
    return `${PREFIX}-${process.pid}-${this.#number}-${node}`;
  }

  add(...nodes: string[]): void {
    for (const node of nodes) this.#nodes.add(node);
    ip(
      [],
      nodes.map((node) => `netns add ${this.namespace(node)}`),
    );
    for (const node of nodes) this.configure(node, 'link set lo up');
  }

  /** Runs lines of ip(8) in a node. */
  configure(node: string, ...lines: string[]): void {
    ip(['-n', this.namespace(node)], lines);
  }

  /** A node that passes on what is not for itself. */
  makeRouter(node: string): void {
    const [command = '', ...args] = this.wrapper(node);
    const sysctl = spawnSync(command, [...args, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
    if (sysctl.status !== 0) throw new Error(`ip_forward in ${node}: ${sysctl.stderr}`);
  }

  addBridge(node: string, device: string, ...addresses: string[]): void {
    this.configure(
      node,
      `link add ${device} type bridge`,
      ...addresses.map((address) => `address add ${address} dev ${device}`),
      `link set ${device} up`,
    );
  }

  cable(a: Plug, b: Plug): void {
    const end = ({ node, device }: Plug): string => `${device} netns ${this.namespace(node)}`;
    ip([], [`link add ${end(a)} type veth peer name ${end(b)}`]);
    for (const { node, device, addresses = [], bridge } of [a, b]) {
      this.configure(
        node,
        ...(bridge === undefined ? [] : [`link set ${device} master ${bridge}`]),
        ...addresses.map((address) => `address add ${address} dev ${device}`),
        `link set ${device} up`,
      );
    }
  }

  /** What stands in front of a command that is to run in a node. */
  wrapper(node: string): string[] {
    return ['ip', 'netns', 'exec', this.namespace(node)];
  }

  /** The kernel removes what is in the namespaces once their processes have ended. */
  remove(): void {
    const nodes = [...this.#nodes];
    this.#nodes.clear();
    ip(
      [],
      nodes.map((node) => `netns del ${this.namespace(node)}`),
    );
  }
}

function ip(options: readonly string[], lines: readonly string[]): void {
  const run = spawnSync('ip', [...options, '-batch', '-'], { input: `${lines.join('\n')}\n` });
  if (run.status !== 0) throw new Error(`ip ${options.join(' ')}: ${run.stderr}\n${lines.join('\n')}`);
}

/** Namespaces of a test process that was killed before it could remove them. */
function removeLeftOvers(): void {
  const list = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const line of list.stdout.split('\n')) {
    const [name = ''] = line.split(' ');
    const match = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name);
    if (match !== null && !existsSync(`/proc/${match[1]}`)) spawnSync('ip', ['netns', 'del', name]);
  }
}
