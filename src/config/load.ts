/**
 * Configuration files to the typed configuration and everything that is to be said of them. The way in for the
 * command line, for tests and for tools; it reads no file itself but those that keywords name.
 */
import { hostname } from 'node:os';
import { toByteText } from './byte-text.ts';
import { checkReport } from './check-report.ts';
import { Diagnostics } from './diagnostics.ts';
import { Environment } from './environment.ts';
import { newConfiguration } from './initial-values.ts';
import { configurationChecks, type DefaultPath, type Reading } from './keyword.ts';
import './keywords/all.ts';
import path from 'node:path';
import { statsSockets } from './keywords/stats-socket.ts';
import type { Configuration } from './model.ts';
import { Preprocessor } from './preprocessor.ts';
import { SectionEngine } from './section-engine.ts';

export interface ConfigurationSource {
  /** As it is to stand in messages. */
  readonly name: string;
  /** The content, one character per byte (latin1). */
  readonly text: string;
}

export interface LoadOptions {
  /** The variables that the configuration sees; none when left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The name of this process among peers (`-L`); by default the host name. */
  readonly localPeer?: string;
  /** As `-v` shows it: the configuration sees it as HAPROXY_STARTUP_VERSION. */
  readonly version?: string;
  /** Refuses what has a warning (`-dW`), whatever the global section says. */
  readonly zeroWarning?: boolean;
  /** The process's working directory, for `default-path`. */
  readonly workingDirectory?: string;
}

export interface LoadedConfiguration {
  readonly configuration: Configuration;
  readonly diagnostics: Diagnostics;
  /** What a check of the configuration (`-c`) ends with: 0 valid, 1 refused, 2 valid but without any listener. */
  readonly exitStatus: 0 | 1 | 2;
  /** The variables as the last line left them, for programs that are started later. */
  readonly environment: Record<string, string>;
}

export function loadConfiguration(
  sources: readonly ConfigurationSource[],
  options: LoadOptions = {},
): LoadedConfiguration {
  const diagnostics = new Diagnostics();
  const configuration = newConfiguration();
  const environment = new Environment(options.environment);
  environment.set('HAPROXY_LOCALPEER', toByteText(options.localPeer ?? hostname()));
  if (options.version !== undefined) environment.set('HAPROXY_STARTUP_VERSION', options.version);
  const engine = new SectionEngine(configuration, diagnostics, new FileReading(environment, options));
  for (const source of sources) {
    const before = diagnostics.count('alert');
    new Preprocessor(source.name, environment, diagnostics, (line) => engine.line(line)).read(source.text);
    engine.endOfFile();
    if (diagnostics.count('alert') > before) {
      diagnostics.say('alert', `Error(s) found in configuration file : ${source.name}`);
    }
  }
  checkWhole(configuration, diagnostics, sources, engine.sawRefusedSection);
  let refused = diagnostics.count('alert') > 0;
  if (refused) diagnostics.say('alert', 'Fatal errors found in configuration.');
  const zeroWarning = configuration.global.zeroWarning || options.zeroWarning === true;
  if (!refused && zeroWarning && diagnostics.count('warning') > 0) {
    diagnostics.say('alert', "Some warnings were found and 'zero-warning' is set. Aborting.");
    refused = true;
  }
  environment.set('HAPROXY_CFGFILES', sources.map((s) => s.name).join(';'));
  const listening =
    configuration.proxies.some((p) => !p.disabled && p.binds.length > 0) ||
    (statsSockets.read(configuration.global)?.sockets.length ?? 0) > 0;
  return {
    configuration,
    diagnostics,
    exitStatus: refused ? 1 : listening ? 0 : 2,
    environment: environment.toObject(),
  };
}

/**
 * The checks over the whole configuration. HAProxy leaves them out when a line was refused; here they still find
 * errors of their own, but their warnings would only repeat what the refused lines would have said.
 */
function checkWhole(
  configuration: Configuration,
  diagnostics: Diagnostics,
  sources: readonly ConfigurationSource[],
  sectionsAreMissing: boolean,
): void {
  if (sectionsAreMissing) return;
  const linesRefused = diagnostics.count('alert') > 0;
  const found = new Diagnostics();
  const report = checkReport(found, sources);
  for (const check of configurationChecks()) check(configuration, report);
  for (const d of found.list) if (!linesRefused || d.severity === 'alert') diagnostics.list.push(d);
}

class FileReading implements Reading {
  readonly environment: Environment;
  private readonly workingDirectory: string;
  private policy: DefaultPath = { kind: 'current' };

  constructor(environment: Environment, options: LoadOptions) {
    this.environment = environment;
    this.workingDirectory = options.workingDirectory ?? '';
  }

  setDefaultPath(policy: DefaultPath): void {
    this.policy = policy;
  }

  resolvePath(name: string, fromFile: string): string {
    if (path.isAbsolute(name)) return name;
    const directory = path.dirname(fromFile);
    switch (this.policy.kind) {
      case 'current':
        return path.join(this.workingDirectory, name);
      case 'config':
        return path.join(this.workingDirectory, directory, name);
      case 'parent':
        return path.join(this.workingDirectory, path.dirname(directory), name);
      case 'origin':
        return path.join(this.workingDirectory, this.policy.path, name);
    }
  }
}
