/**
 * The command `sluice`: reads its arguments and does what they ask, with HAProxy's words and exit statuses. What a plain
 * `-v` or a mistake in the arguments does not need is imported only where it is used: starting must be quick.
 */
import { DEFAULT_POLL_EVENTS } from '../config/initial-values.ts';
import type { LoadedConfiguration } from '../config/load.ts';
import type { Configuration } from '../config/model.ts';
import type { DataThreadWorker } from '../control/data-thread-worker.ts';
import { OperatorMessages, writeAll } from '../control/operator-messages.ts';
import { SignalDesk } from '../control/signals.ts';
import type { RunningProcess } from '../control/start.ts';
import type { ServerActionOrder } from '../features/stats/actions.ts';
import { type CommandLine, parseCommandLine } from './command-line.ts';
import { memoryHelp, usageText } from './usage.ts';
import { buildOptionsText, spokenVersion, versionText } from './version.ts';

const startTimeMs = Date.now();
const STDOUT = 1;
const STDERR = 2;

/** What the background process is told beside the configuration. */
interface BackgroundOptions {
  readonly introduced: boolean;
}

async function main(args: readonly string[]): Promise<number | undefined> {
  const line = parseCommandLine(args);
  const { languageVersion, capabilities, tlsLibrary } = await import('../config/capabilities.ts');
  const messages = new OperatorMessages({
    pid: process.pid,
    version: spokenVersion(languageVersion),
    executable: process.argv[1] ?? process.execPath,
    quiet: line.quiet && !line.verbose,
  });
  const { action } = line;
  switch (action.kind) {
    case 'version':
      if (!action.details) writeAll(STDOUT, versionText(languageVersion));
      else writeAll(STDOUT, buildOptionsText(await buildFacts(languageVersion, capabilities, tlsLibrary)));
      return 0;
    case 'usage':
      return sayUsage(languageVersion);
    case 'memory-help':
      writeAll(STDOUT, memoryHelp);
      return 0;
    case 'refused':
      messages.alert(action.message);
      if (action.hint !== undefined) messages.raw(`    hint: ${action.hint}\n`);
      return 1;
    case 'condition':
      return evaluate(action.text, line, messages);
    case 'check':
    case 'start':
      return withConfiguration(line, messages, languageVersion);
  }
}

async function sayUsage(languageVersion: string): Promise<number> {
  const { programName } = await import('../control/program-name.ts');
  writeAll(STDOUT, versionText(languageVersion));
  writeAll(STDERR, usageText(programName(process.argv[1])));
  return 1;
}

async function buildFacts(
  languageVersion: string,
  capabilities: Readonly<Record<string, boolean>>,
  tlsLibrary: { readonly name: string; readonly version: string },
): Promise<Parameters<typeof buildOptionsText>[0]> {
  const { availableParallelism } = await import('node:os');
  const { newConfiguration } = await import('../config/initial-values.ts');
  const { tune } = newConfiguration().global;
  return {
    languageVersion,
    capabilities,
    tlsLibrary,
    bufsize: tune.bufsize,
    maxrewrite: tune.maxrewrite,
    maxPollEvents: tune.maxPollEvents ?? DEFAULT_POLL_EVENTS,
    maxThreads: 64,
    threads: availableParallelism(),
  };
}

/** `-cc`: 0 true, 1 false, 2 no condition. */
async function evaluate(text: string, line: CommandLine, messages: OperatorMessages): Promise<number> {
  const { evaluateCondition } = await import('../config/conditions.ts');
  const { Environment } = await import('../config/environment.ts');
  const result = evaluateCondition(text, new Environment(process.env));
  if (result.ok) return result.value ? 0 : 1;
  messages.quiet = line.quiet;
  messages.alert(`config : Failed to evaluate condition: ${result.message}`);
  return 2;
}

async function withConfiguration(
  line: CommandLine,
  messages: OperatorMessages,
  languageVersion: string,
): Promise<number | undefined> {
  // A process that will only start another one needs no data thread.
  const launches = line.daemon && !line.foreground && !(await isBackground());
  const early = line.action.kind === 'start' && !launches ? await startEarly() : undefined;
  if (line.action.kind === 'start') {
    const { takeName } = await import('../control/naming.ts');
    const { programName } = await import('../control/program-name.ts');
    takeName(programName(process.argv[1]));
  }
  const { daemonChild, launchDaemon } = await import('../control/daemon.ts');
  const child = daemonChild<BackgroundOptions>();
  if (child !== undefined) {
    if (line.directory !== undefined) process.chdir(line.directory);
    await import('../features/all.ts');
    const { configuration, options } = child.order;
    messages.quiet = isQuiet(line, configuration);
    messages.introduced = options.introduced;
    await serve({ line, configuration, messages, early, inBackground: true });
    child.ready();
    // What is said from here on would go nowhere.
    messages.quiet = true;
    return undefined;
  }
  if (line.directory !== undefined && !changeDirectory(line.directory, messages)) return 1;
  const loaded = await load(line, messages, languageVersion);
  if (typeof loaded === 'number') return loaded;
  const { configuration } = loaded;
  if (line.action.kind === 'check') return loaded.exitStatus;
  const inBackground = (line.daemon || configuration.global.daemon) && !line.foreground;
  if (inBackground) {
    early?.discard();
    return launchDaemon<BackgroundOptions>({
      configuration,
      options: { introduced: messages.introduced },
    });
  }
  await serve({ line, configuration, messages, early, inBackground: false });
  return undefined;
}

async function isBackground(): Promise<boolean> {
  const { isDaemonChild } = await import('../control/daemon.ts');
  return isDaemonChild();
}

/** The first data thread loads its modules while this one reads the configuration. */
async function startEarly(): Promise<DataThreadWorker> {
  workerStarted = true;
  const { DataThreadWorker, usualArenaBytes } = await import('../control/data-thread-worker.ts');
  return new DataThreadWorker(usualArenaBytes());
}

/** The configuration, checked and with all names resolved; or the status to end with. */
async function load(
  line: CommandLine,
  messages: OperatorMessages,
  languageVersion: string,
): Promise<LoadedConfiguration | number> {
  await import('../features/all.ts');
  const { readConfigurationFiles } = await import('../config/config-files.ts');
  const { loadConfiguration } = await import('../config/load.ts');
  const { formatDiagnostic, verdict } = await import('../config/report.ts');
  const { resolveNames } = await import('../control/resolve-servers.ts');
  const files = readConfigurationFiles(line.files);
  if (!files.ok) {
    messages.alert(`config : ${files.message}`);
    return 1;
  }
  // A directory without a configuration file.
  if (files.sources.length === 0) return sayUsage(languageVersion);
  const loaded = loadConfiguration(files.sources, {
    environment: {
      ...process.env,
      HAPROXY_CFGFILES: files.sources.map(({ name }) => name).join(';'),
    },
    workingDirectory: process.cwd(),
    ...(line.localPeer === undefined ? {} : { localPeer: line.localPeer }),
    version: languageVersion,
  });
  const { configuration, diagnostics } = loaded;
  applyCommandLine(line, configuration);
  messages.quiet = isQuiet(line, configuration);
  let warnings = diagnostics.count('warning') > 0;
  for (const diagnostic of diagnostics.list) {
    if (diagnostic.severity === 'diag' && !line.showDiag) continue;
    if (diagnostic.severity === 'alert' || diagnostic.severity === 'warning') messages.introduce();
    messages.raw(formatDiagnostic(diagnostic, process.pid));
  }
  if (loaded.exitStatus === 1) return 1;
  const { readStoredStates } = await import('./stored-states.ts');
  const stored = await readStoredStates(configuration);
  for (const warning of stored.warnings) messages.warning(`config : ${warning}`);
  const faults = await resolveNames(configuration, {
    lastAddress: stored.lastAddress,
    ignoreUnresolved: line.ignoreUnresolved,
    getaddrinfo: configuration.global.getaddrinfo,
  });
  for (const { severity, message } of faults) messages.say(severity, `config : ${message}`);
  if (faults.some(({ severity }) => severity === 'alert')) return 1;
  warnings ||= faults.length > 0 || stored.warnings.length > 0;
  if (line.action.kind === 'check') {
    const { createSharedState } = await import('../control/initial-state.ts');
    // Nobody will use this memory: restoring is what has things to say.
    warnings = stored.restore(createSharedState(configuration, 1, 0, startTimeMs), messages) || warnings;
  }
  if (warnings && configuration.global.zeroWarning) {
    messages.alert("config : Some warnings were found and 'zero-warning' is set. Aborting.");
    return 1;
  }
  if (line.keywordClasses !== undefined) {
    const { keywordList } = await import('./keyword-list.ts');
    writeAll(STDOUT, keywordList(line.keywordClasses));
  }
  if (line.listLibraries) {
    const { libraryList } = await import('./library-list.ts');
    writeAll(STDOUT, libraryList());
  }
  if (line.action.kind === 'check' && !messages.quiet) writeAll(STDOUT, verdict(loaded.exitStatus, warnings));
  return loaded;
}

/** Options that have a keyword of the same meaning: the command line has the last word. */
function applyCommandLine(line: CommandLine, { global, proxies }: Configuration): void {
  if (line.zeroWarning) global.zeroWarning = true;
  if (line.withoutSplice) global.splice = false;
  if (line.withoutReusePort) global.reusePort = false;
  if (line.withoutGetaddrinfo) global.getaddrinfo = false;
  if (line.pidfile !== undefined) global.pidfile = line.pidfile;
  if (line.proxyMaxconn !== undefined && line.proxyMaxconn > 0) {
    for (const proxy of proxies) if (proxy.kind !== 'backend') proxy.maxconn ??= line.proxyMaxconn;
  }
}

function isQuiet(line: CommandLine, { global }: Configuration): boolean {
  return (line.quiet || global.quiet) && !line.verbose && !line.debug;
}

function changeDirectory(directory: string, messages: OperatorMessages): boolean {
  try {
    process.chdir(directory);
    return true;
  } catch {
    messages.alert(`Could not change to directory ${directory} : No such file or directory`);
    return false;
  }
}

interface Service {
  readonly line: CommandLine;
  readonly configuration: Configuration;
  readonly messages: OperatorMessages;
  readonly early: DataThreadWorker | undefined;
  readonly inBackground: boolean;
}

async function serve({ line, configuration, messages, early, inBackground }: Service): Promise<void> {
  const { start } = await import('../control/start.ts');
  const { OldProcesses } = await import('../control/old-processes.ts');
  const { createBalanceMemory } = await import('./balance-memory.ts');
  // Once the process has changed its root directory, nothing can be loaded any more.
  const startFeatures = await prepareFeatures(configuration);
  const { storedStates } = await import('./stored-states.ts');
  const stored = await storedStates(configuration);
  const verbose = line.verbose || line.debug;
  if (verbose) {
    const { pollers } = await import('./version.ts');
    messages.raw(`Available polling systems :\n${pollers}\n`);
    writeAll(STDOUT, 'Using epoll() as the polling mechanism.\n');
  }
  const running = await start({
    configuration,
    messages,
    signals,
    old: new OldProcesses(line.oldProcesses.pids, line.oldProcesses.signal),
    balanceMemory: createBalanceMemory(configuration),
    prepareShared: (shared) => void stored.restore(shared, messages),
    earlyWorker: early ?? (await startEarly()),
    options: {
      maxconn: line.maxconn,
      memoryMegabytes: line.memoryMegabytes,
      pidfile: inBackground ? configuration.global.pidfile : undefined,
      verbose,
      startTimeMs,
    },
  });
  startFeatures(running);
}

/** Loads what of the features runs on the main thread, and returns what starts it. */
async function prepareFeatures(configuration: Configuration): Promise<(running: RunningProcess) => void> {
  const { proxies } = configuration;
  const { Rates } = await import('../features/stats/rates.ts');
  const { ServerActions } = await import('../features/stats/server-actions.ts');
  // Also without any check: whoever changes the states of servers does so there.
  const { startChecks } = await import('../features/checks/start-checks.ts');
  return ({ shared, threads, patterns, reports, atSoftStop }) => {
    new Rates(configuration, shared);
    const checks = startChecks(configuration, shared, patterns, {
      notify: (severity, message) => reports.messages.say(severity, message),
      log: (proxyIndex, level, message) => {
        const proxy = proxies[proxyIndex];
        if (proxy !== undefined) reports.log.send(proxy, level, message);
      },
      serversChanged: (shutdowns) => threads.post({ kind: 'serversChanged', shutdowns }),
    });
    threads.onServerErrors = (errors) => checks.observed(errors);
    const actions = new ServerActions(configuration, {
      states: checks.states,
      shutSessions: (shutdowns) => threads.post({ kind: 'serversChanged', shutdowns }),
    });
    // The data threads post exactly this (features/stats/stats.ts).
    threads.perform('serverActions', (order) => actions.carryOut(order as ServerActionOrder));
    atSoftStop(() => checks.stop());
  };
}

/** Whether a data thread's worker was started, which may still be loading its modules. */
let workerStarted = false;

/** Ends the process. Node's own way out stops its workers, and aborts when one is just loading a native module. */
async function leave(status: number): Promise<never> {
  if (!workerStarted) process.exit(status);
  const { leaveAtOnce } = await import('../os/process-exit.ts');
  return leaveAtOnce(status);
}

const signals = new SignalDesk();
const status = await main(process.argv.slice(2));
if (status !== undefined) await leave(status);
