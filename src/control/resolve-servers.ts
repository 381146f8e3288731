/**
 * Names in the configuration to addresses, once, at the start: those of servers in the order that `init-addr` gives, all
 * others by the system. Changes the configuration in place, so that nothing behind it knows names.
 * Specification: configuration manual 5.2 `init-addr`; management manual 3 `-dr`, `-dG`; HAProxy 2.6's messages.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Address } from '../config/address.ts';
import type { Configuration, ProxyConfig, ServerConfig } from '../config/model.ts';
import type { Origin } from '../config/words.ts';

export interface ResolutionOptions {
  /** `-dr` */
  readonly ignoreUnresolved: boolean;
  /** False after `-dG` or `nogetaddrinfo`: IPv4 only. */
  readonly getaddrinfo: boolean;
  /** The address that a state file has for the server (`init-addr last`). */
  readonly lastAddress?: (server: ServerConfig) => string | undefined;
  /** The system's resolver, unless a test has its own. */
  readonly resolve?: Resolver;
}

/** An address of the name, or undefined. `family` 0: whichever comes first. */
export type Resolver = (name: string, family: 0 | 4 | 6) => Promise<string | undefined>;

export interface ResolutionFault {
  readonly severity: 'alert' | 'warning';
  /** Behind `config : `. */
  readonly message: string;
}

type Inet = Extract<Address, { host: string }>;
const DEFAULT_METHODS = ['last', 'libc'];
const UNSPECIFIED = '0.0.0.0';

export async function resolveNames(
  configuration: Configuration,
  options: ResolutionOptions,
): Promise<ResolutionFault[]> {
  const resolver = new CachingResolver(options.resolve ?? systemResolver, options.getaddrinfo);
  const faults: ResolutionFault[] = [];
  const jobs: Promise<ResolutionFault | undefined>[] = [];
  for (const proxy of configuration.proxies) {
    if (proxy.disabled) continue;
    for (const bind of proxy.binds) {
      bind.addresses.forEach((address, index) => {
        jobs.push(
          resolveOther(address, bind.origin, 'bind', resolver, (found) => {
            bind.addresses[index] = found;
          }),
        );
      });
    }
    for (const server of proxy.servers) {
      jobs.push(resolveServer(proxy, server, options, resolver), ...resolveOthersOf(server, resolver));
    }
  }
  for (const fault of await Promise.all(jobs)) if (fault !== undefined) faults.push(fault);
  if (faults.some(({ severity }) => severity === 'alert')) {
    faults.push({ severity: 'alert', message: 'Failed to initialize server(s) addr.' });
  }
  return faults;
}

async function resolveServer(
  proxy: ProxyConfig,
  server: ServerConfig,
  options: ResolutionOptions,
  resolver: CachingResolver,
): Promise<ResolutionFault | undefined> {
  const { address, hostname } = server;
  if (hostname === undefined || !isInet(address) || isIP(hostname) !== 0) return undefined;
  const methods = [...(server.initAddr ?? DEFAULT_METHODS)];
  const toleratesFailure = methods.includes('none');
  if (options.ignoreUnresolved && !toleratesFailure) methods.push('none');
  for (const method of methods) {
    if (method === 'last') {
      const last = options.lastAddress?.(server);
      if (last === undefined) continue;
      server.address = toAddress(last, address.port);
      return undefined;
    }
    if (method === 'none') {
      server.address = { family: address.family, host: hostname, port: address.port };
      if (toleratesFailure) return undefined;
      return {
        severity: 'warning',
        message: `${placeOf(proxy, server)} : could not resolve address '${hostname}', disabling server.`,
      };
    }
    const found = method === 'libc' ? await resolver.find(hostname, address.family) : method;
    if (found === undefined) continue;
    server.address = toAddress(found, address.port);
    return undefined;
  }
  return {
    severity: 'alert',
    message: `${placeOf(proxy, server)} : could not resolve address '${hostname}'.`,
  };
}

function placeOf(proxy: ProxyConfig, { name, origin }: ServerConfig): string {
  return `[${origin.file}:${origin.line}] : 'server ${proxy.name}/${name}'`;
}

/** Addresses of a server line beside the server's own. */
function resolveOthersOf(
  server: ServerConfig,
  resolver: CachingResolver,
): Promise<ResolutionFault | undefined>[] {
  const { check, socks4, source, origin } = server;
  const jobs: Promise<ResolutionFault | undefined>[] = [];
  const add = (address: Address | undefined, word: string, store: (found: Address) => void): void => {
    if (address !== undefined) jobs.push(resolveOther(address, origin, word, resolver, store));
  };
  add(check.address, 'addr', (found) => {
    check.address = found;
  });
  add(socks4, 'socks4', (found) => {
    server.socks4 = found;
  });
  if (source !== undefined) {
    add(source.address, 'source', (found) => {
      source.address = found;
    });
  }
  return jobs;
}

async function resolveOther(
  address: Address,
  origin: Origin,
  word: string,
  resolver: CachingResolver,
  store: (found: Address) => void,
): Promise<ResolutionFault | undefined> {
  if (!isInet(address) || address.host === '' || isIP(address.host) !== 0) return undefined;
  const found = await resolver.find(address.host, address.family);
  if (found === undefined) {
    return {
      severity: 'alert',
      message: `parsing [${origin.file}:${origin.line}] : '${word}' : invalid address: '${address.host}' in '${address.host}:${address.port}'`,
    };
  }
  store(toAddress(found, address.port));
  return undefined;
}

function isInet(address: Address): address is Inet {
  return address.family === 'inet' || address.family === 'inet6';
}

function toAddress(host: string, port: number): Address {
  return { family: isIP(host) === 6 ? 'inet6' : 'inet', host: host === '' ? UNSPECIFIED : host, port };
}

/** Asks for each name once. */
class CachingResolver {
  private readonly resolve: Resolver;
  private readonly getaddrinfo: boolean;
  private readonly asked = new Map<string, Promise<string | undefined>>();

  constructor(resolve: Resolver, getaddrinfo: boolean) {
    this.resolve = resolve;
    this.getaddrinfo = getaddrinfo;
  }

  find(name: string, family: 'inet' | 'inet6'): Promise<string | undefined> {
    const wanted = family === 'inet6' ? 6 : this.getaddrinfo ? 0 : 4;
    const key = `${wanted}/${name}`;
    let answer = this.asked.get(key);
    if (answer === undefined) {
      answer = this.resolve(name, wanted);
      this.asked.set(key, answer);
    }
    return answer;
  }
}

async function systemResolver(name: string, family: 0 | 4 | 6): Promise<string | undefined> {
  try {
    return (await lookup(name, { family, verbatim: true })).address;
  } catch {
    return undefined;
  }
}
