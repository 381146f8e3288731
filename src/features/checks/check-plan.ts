/**
 * What one server's checks do, read once from the configuration: where they connect, what they say and expect, how long
 * they may take. No state. Specification: configuration manual 5.2 `check` and its options, 4.2 `timeout check`.
 */
import type { Address } from '../../config/address.ts';
import type { ProxyConfig, SendProxyConfig, ServerConfig } from '../../config/model.ts';
import type { ConnectionPlan } from './check-connection.ts';
import type { CheckSequence, ConnectRule } from './check-rules.ts';
import { checkSequence, isStep } from './check-sequence.ts';

const DEFAULT_INTER_MS = 2000;
const DEFAULT_RISE = 2;
const DEFAULT_FALL = 3;

/** What a dialogue needs to know of its server. */
export interface DialoguePlan {
  readonly sequence: CheckSequence;
  /** Where the server's own options lead. */
  readonly target: Address;
  /** Local address of the check's connection. */
  readonly source: Address | undefined;
  readonly proxyHeader: SendProxyConfig | undefined;
  readonly socks4: Address | undefined;
  /** What a rule that asks for them by itself gets. */
  readonly ownSendProxy: SendProxyConfig | undefined;
  readonly ownSocks4: Address | undefined;
  /** How much of an answer is looked at. */
  readonly bufferBytes: number;
  /** How long connecting may take. */
  readonly connectTimeoutMs: number;
  /** How long the rest may take once connected; undefined: `connectTimeoutMs` is for everything together. */
  readonly readTimeoutMs: number | undefined;
}

export interface CheckPlan extends DialoguePlan {
  readonly interMs: number;
  readonly fastInterMs: number;
  readonly downInterMs: number;
  readonly rise: number;
  readonly fall: number;
}

/** The port that checks connect to: 0 when there is none. Addresses without ports count as having one. */
export function checkPort(server: ServerConfig): number {
  const { check, address } = server;
  if (check.port !== undefined && check.port > 0) return check.port;
  const checked = check.address ?? address;
  if (checked.family !== 'inet' && checked.family !== 'inet6') return -1;
  if (checked.port > 0 && (checked !== address || server.portOffset === undefined)) return checked.port;
  return 'port' in address && server.portOffset === undefined ? address.port : 0;
}

function targetOf(server: ServerConfig): Address {
  const address = server.check.address ?? server.address;
  if (address.family !== 'inet' && address.family !== 'inet6') return address;
  return { ...address, port: checkPort(server) };
}

/** Checks go where the traffic goes, with its PROXY header, unless they have an address or a port of their own. */
function proxyHeaderOf(server: ServerConfig): SendProxyConfig | undefined {
  const { check, sendProxy } = server;
  const ownTarget = check.address !== undefined || check.port !== undefined;
  if (!check.sendProxy && (ownTarget || sendProxy === undefined)) return undefined;
  return sendProxy ?? { version: 1, options: [] };
}

export function checkPlan(proxy: ProxyConfig, server: ServerConfig, bufferBytes: number): CheckPlan {
  const { check } = server;
  const interMs = check.interMs ?? DEFAULT_INTER_MS;
  return {
    sequence: checkSequence(proxy),
    target: targetOf(server),
    source: server.source?.address ?? proxy.source?.address,
    proxyHeader: proxyHeaderOf(server),
    socks4: check.viaSocks4 ? server.socks4 : undefined,
    ownSendProxy: server.sendProxy,
    ownSocks4: server.socks4,
    bufferBytes,
    interMs,
    fastInterMs: check.fastInterMs ?? interMs,
    downInterMs: check.downInterMs ?? interMs,
    rise: check.rise ?? DEFAULT_RISE,
    fall: check.fall ?? DEFAULT_FALL,
    ...dialogueTimeouts(proxy, interMs),
  };
}

export function dialogueTimeouts(
  proxy: ProxyConfig,
  interMs: number,
): Pick<DialoguePlan, 'connectTimeoutMs' | 'readTimeoutMs'> {
  const readTimeoutMs = proxy.timeouts.check;
  return {
    connectTimeoutMs:
      readTimeoutMs === undefined ? interMs : Math.min(proxy.timeouts.connect ?? interMs, interMs),
    readTimeoutMs,
  };
}

/** Where a `connect` rule leads. `port` is the one that it has computed; 0: it has none. */
export function connectionPlan(plan: DialoguePlan, rule: ConnectRule, port: number): ConnectionPlan {
  const ownHeader = plan.ownSendProxy ?? { version: 1, options: [] };
  const inherited = rule.useDefaults ? plan.proxyHeader : undefined;
  const proxyHeader = rule.sendProxy ? ownHeader : inherited;
  const socks4 = rule.viaSocks4 ? plan.ownSocks4 : rule.useDefaults ? plan.socks4 : undefined;
  return {
    target: ruleTarget(plan.target, rule.address, port),
    source: plan.source,
    proxyHeader,
    socks4,
    knocksOnly: proxyHeader === undefined && socks4 === undefined && isKnock(plan.sequence, rule),
  };
}

function ruleTarget(target: Address, address: Address | undefined, port: number): Address {
  const chosen = address ?? target;
  if (chosen.family !== 'inet' && chosen.family !== 'inet6') return chosen;
  const inherited = 'port' in target ? target.port : 0;
  return { ...chosen, port: port || chosen.port || inherited };
}

/** Nothing is sent or expected on the connection of this rule. */
function isKnock({ rules }: CheckSequence, rule: ConnectRule): boolean {
  if (rule.linger) return false;
  for (const next of rules.slice(rules.indexOf(rule) + 1)) {
    if (next.kind === 'connect') return true;
    if (isStep(next)) return false;
  }
  return true;
}
