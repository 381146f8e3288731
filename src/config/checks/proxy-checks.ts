/**
 * What only shows once all proxies are known: frontends without listeners, missing timeouts, backends that do not
 * exist, servers of the same name. Order and wording as HAProxy 2.6 gives them.
 */
import { availableParallelism } from 'node:os';
import { type CheckReport, registerCheck } from '../keyword.ts';
import type { Configuration, ProxyConfig } from '../model.ts';
import { hasBackend, hasFrontend, proxyWord } from '../proxy-kind.ts';
import { nearestWord } from '../suggest.ts';
import { checkBalance } from './balance-checks.ts';
import { checkLogFormat, fallBackToTcpLog } from './log-checks.ts';
import { checkHttpOptions } from './mode-checks.ts';
import { checkServerPorts } from './server-ports.ts';
import { checkServerTfo } from './server-tfo.ts';

registerCheck((configuration, report) => {
  for (const proxy of configuration.proxies) {
    if (proxy.disabled) continue;
    checkBalance(proxy, configuration, report);
    fallBackToTcpLog(proxy, report);
    checkThreads(proxy, configuration, report);
    checkListeners(proxy, report);
    checkTransparency(proxy, report);
    checkDefaultBackend(proxy, configuration, report);
    checkTimeouts(proxy, report);
    checkServerNames(proxy, report);
    checkLogFormat(proxy, configuration, report);
    checkHttpOptions(proxy, report);
    checkServerPorts(proxy, report);
    checkServerTfo(proxy, report);
  }
});

function named(proxy: ProxyConfig): string {
  return `${proxyWord(proxy.kind)} '${proxy.name}'`;
}

function checkThreads(proxy: ProxyConfig, configuration: Configuration, report: CheckReport): void {
  const threads = configuration.global.nbthread ?? availableParallelism();
  for (const bind of proxy.binds) {
    if (bind.threads === undefined || bind.threads.some((range) => range.from <= threads)) continue;
    const { file, line } = bind.origin;
    report.alertAt(
      `Proxy '${proxy.name}': 'thread' directive contains threads that belong to no group in 'bind ${bind.text}' at [${file}:${line}].`,
      bind.origin,
      `'nbthread' is ${threads}`,
    );
  }
}

function checkListeners(proxy: ProxyConfig, report: CheckReport): void {
  if (hasFrontend(proxy) && proxy.binds.length === 0) {
    report.warning(
      `${named(proxy)} has no 'bind' directive. Please declare it as a backend if this was intended.`,
    );
  }
}

function checkTransparency(proxy: ProxyConfig, report: CheckReport): void {
  if (!hasBackend(proxy) || proxy.options.get('transparent') !== true || proxy.balance === undefined) return;
  report.alertAt(
    `${proxy.kind === 'backend' ? 'backend' : 'proxy'} '${proxy.name}' cannot use both transparent and balance mode.`,
    proxy.balance.origin,
  );
}

function checkDefaultBackend(proxy: ProxyConfig, configuration: Configuration, report: CheckReport): void {
  if (proxy.defaultBackend === undefined) return;
  const { name, origin } = proxy.defaultBackend;
  const target = configuration.proxies.find((p) => p.name === name && hasBackend(p));
  if (target === undefined) {
    const backends = configuration.proxies.filter(hasBackend).map((p) => p.name);
    const near = nearestWord(name, backends);
    report.alertAt(
      `Proxy '${proxy.name}': unable to find required default_backend: '${name}'.`,
      origin,
      near === undefined ? undefined : `did you mean '${near}'?`,
    );
  } else if (target === proxy) {
    report.alertAt(`Proxy '${proxy.name}': loop detected for default_backend: '${name}'.`, origin);
  } else if (proxy.mode === 'http' && target.mode === 'tcp') {
    // The other way round works: a TCP session becomes an HTTP one.
    const at = (p: ProxyConfig) => `${p.origin.file}:${p.origin.line}`;
    report.alertAt(
      `${proxy.mode} ${named(proxy)} (${at(proxy)}) tries to use incompatible ${target.mode} ${named(
        target,
      )} (${at(target)}) as its default backend (see 'mode').`,
      origin,
    );
  } else if (proxy.servers.length > 0) {
    report.warningAt(
      `In proxy '${proxy.name}', the 'default_backend' rule always has precedence over the servers, which will never be used.`,
      origin,
    );
  }
}

/** A timeout of 0 is as good as none. */
function checkTimeouts(proxy: ProxyConfig, report: CheckReport): void {
  const { client, connect, server } = proxy.timeouts;
  const missesFront = hasFrontend(proxy) && !client;
  const missesBack = hasBackend(proxy) && proxy.servers.length > 0 && (!connect || !server);
  if (!missesFront && !missesBack) return;
  report.warning(
    `missing timeouts for ${named(proxy)}.
   | While not properly invalid, you will certainly encounter various problems
   | with such a configuration. To fix this, please ensure that all following
   | timeouts are set to a non-zero value: 'client', 'connect', 'server'.`,
  );
}

function checkServerNames(proxy: ProxyConfig, report: CheckReport): void {
  const seen = new Map<string, number>();
  for (const server of proxy.servers) {
    const line = seen.get(server.name);
    if (line === undefined) seen.set(server.name, server.origin.line);
    else {
      report.alert(
        `${named(proxy)}, another server named '${server.name}' was already defined at line ${line}, please use distinct names.`,
        server.origin,
      );
    }
  }
}
