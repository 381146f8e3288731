/**
 * What `-v` and `-vv` say: which program this is, whose language it speaks, and what it can do.
 * The feature list has HAProxy's form, because scripts look for `+OPENSSL` in it.
 */
import { readFileSync } from 'node:fs';
import { machine, release, type, version } from 'node:os';

/** Version of this package. */
export function packageVersion(): string {
  // Three folders up, both from the sources and from what was built of them (dist has no package of its own).
  for (const path of ['../../../package.json', '../../package.json']) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
      if (typeof manifest === 'object' && manifest !== null && 'name' in manifest && 'version' in manifest) {
        if (manifest.name === 'sluice') return String(manifest.version);
      }
    } catch {
      // The other place has it.
    }
  }
  return 'unknown';
}

/** The version that messages name: the language first, as scripts compare it. */
export function spokenVersion(languageVersion: string): string {
  return `${languageVersion}-sluice-${packageVersion()}`;
}

export function versionText(languageVersion: string): string {
  return (
    `Sluice version ${packageVersion()} (HAProxy ${languageVersion} compatible)\n` +
    `Running on: ${type()} ${release()} ${version()} ${machine()}\n`
  );
}

export interface BuildFacts {
  readonly languageVersion: string;
  readonly capabilities: Readonly<Record<string, boolean>>;
  readonly tlsLibrary: { readonly name: string; readonly version: string };
  readonly bufsize: number;
  readonly maxrewrite: number;
  readonly maxPollEvents: number;
  readonly maxThreads: number;
  readonly threads: number;
}

export function buildOptionsText(facts: BuildFacts): string {
  const features = Object.entries(facts.capabilities).map(([name, there]) => (there ? '+' : '-') + name);
  const { name, version: tls } = facts.tlsLibrary;
  return (
    `${versionText(facts.languageVersion)}Build options :\n` +
    `  TARGET  = linux-glibc\n  CPU     = ${process.arch}\n  RUNTIME = Node.js ${process.version}, V8 ${process.versions.v8}\n\n` +
    `Feature list : ${features.join(' ')}\n\n` +
    `Default settings :\n  bufsize = ${facts.bufsize}, maxrewrite = ${facts.maxrewrite}, maxpollevents = ${facts.maxPollEvents}\n\n` +
    `Built with multi-threading support (MAX_THREADS=${facts.maxThreads}, default=${facts.threads}).\n` +
    `Running on ${name} version : ${name} ${tls}\n` +
    'Built with network namespace support.\n' +
    'Built with transparent proxy support using: IP_TRANSPARENT IPV6_TRANSPARENT IP_FREEBIND\n\n' +
    `Available polling systems :\n${pollers}\n`
  );
}

export const pollers = '      epoll : pref=300,  test result OK\nTotal: 1 (1 usable), will use epoll.\n';
