/**
 * The command line's grammar: arguments to what is asked for. HAProxy looks only at an option's first letters
 * (`-dbx` is `-db`), and so does this. One thing more is taken: an argument written together with its option
 * (`-f/etc/haproxy/config`), which older releases took and their documents still use.
 * Reads nothing but the arguments and writes nothing. Specification: management manual, 3; HAProxy 2.6's behaviour.
 */

export type Action =
  | { readonly kind: 'start' }
  | { readonly kind: 'check' }
  /** `-cc`: the condition. */
  | { readonly kind: 'condition'; readonly text: string }
  | { readonly kind: 'version'; readonly details: boolean }
  | { readonly kind: 'usage' }
  /** `-dMhelp` */
  | { readonly kind: 'memory-help' }
  /** What stands behind `[ALERT] (pid) : `. */
  | { readonly kind: 'refused'; readonly message: string; readonly hint?: string };

export interface CommandLine {
  action: Action;
  files: string[];
  /** `-C` */
  directory: string | undefined;
  daemon: boolean;
  /** `-db` and `-d`: whatever else says otherwise, the process stays in the foreground. */
  foreground: boolean;
  debug: boolean;
  quiet: boolean;
  /** `-V`: silence is undone, and a word more is said at start. */
  verbose: boolean;
  showDiag: boolean;
  zeroWarning: boolean;
  pidfile: string | undefined;
  localPeer: string | undefined;
  maxconn: number | undefined;
  proxyMaxconn: number | undefined;
  memoryMegabytes: number | undefined;
  /** `-sf`, `-st`: what the old processes are told once this one has taken over. */
  oldProcesses: { pids: number[]; signal: 'SIGUSR1' | 'SIGTERM' };
  withoutSplice: boolean;
  withoutGetaddrinfo: boolean;
  withoutReusePort: boolean;
  /** `-dr` */
  ignoreUnresolved: boolean;
  /** `-dV` */
  withoutServerVerify: boolean;
  /** `-dL` */
  listLibraries: boolean;
  /** `-dK`: classes of keywords to list. */
  keywordClasses: string | undefined;
}

function emptyCommandLine(): CommandLine {
  return {
    action: { kind: 'start' },
    files: [],
    directory: undefined,
    daemon: false,
    foreground: false,
    debug: false,
    quiet: false,
    verbose: false,
    showDiag: false,
    zeroWarning: false,
    pidfile: undefined,
    localPeer: undefined,
    maxconn: undefined,
    proxyMaxconn: undefined,
    memoryMegabytes: undefined,
    oldProcesses: { pids: [], signal: 'SIGUSR1' },
    withoutSplice: false,
    withoutGetaddrinfo: false,
    withoutReusePort: false,
    ignoreUnresolved: false,
    withoutServerVerify: false,
    listLibraries: false,
    keywordClasses: undefined,
  };
}

/** Ends the reading: nothing behind the option matters any more. */
class Decided extends Error {
  readonly action: Action;
  constructor(action: Action) {
    super();
    this.action = action;
  }
}

const usage: Action = { kind: 'usage' };
const memoryFeatures =
  /^(no-)?(fail|integrity|caller|tag|poison)$|^(no-merge|merge|cold-first|hot-first|no-global|global|no-cache|cache)$/;

export function parseCommandLine(args: readonly string[]): CommandLine {
  const result = emptyCommandLine();
  try {
    new Reader(args, result).read();
  } catch (error) {
    if (!(error instanceof Decided)) throw error;
    result.action = error.action;
  }
  const needsFiles = result.action.kind === 'start' || result.action.kind === 'check';
  if (needsFiles && result.files.length === 0) result.action = usage;
  return result;
}

class Reader {
  private readonly args: readonly string[];
  private readonly result: CommandLine;
  private at = 0;

  constructor(args: readonly string[], result: CommandLine) {
    this.args = args;
    this.result = result;
  }

  read(): void {
    for (; this.at < this.args.length; this.at++) {
      const arg = this.args[this.at]!;
      if (arg === '--') {
        this.result.files.push(...this.args.slice(this.at + 1));
        return;
      }
      if (!arg.startsWith('-')) throw new Decided(usage);
      this.option(arg.slice(1));
    }
  }

  private option(flag: string): void {
    const { result } = this;
    switch (flag.charAt(0)) {
      case 'v':
        throw new Decided({ kind: 'version', details: flag.charAt(1) === 'v' });
      case 'd':
        this.debugOption(flag);
        return;
      case 'c':
        if (flag.charAt(1) === 'c') this.condition();
        else if (result.action.kind === 'start') result.action = { kind: 'check' };
        return;
      case 'D':
        result.daemon = true;
        return;
      case 'q':
        result.quiet = true;
        return;
      case 'V':
        result.verbose = true;
        return;
      case 's':
        this.oldProcesses(flag);
        return;
      case 'f':
        result.files.push(this.argument(flag));
        return;
      case 'C':
        result.directory = this.argument(flag);
        return;
      case 'p':
        result.pidfile = this.argument(flag);
        return;
      case 'L':
        result.localPeer = this.argument(flag);
        return;
      case 'n':
        result.maxconn = leadingNumber(this.argument(flag));
        return;
      case 'N':
        result.proxyMaxconn = leadingNumber(this.argument(flag));
        return;
      case 'm':
        result.memoryMegabytes = leadingNumber(this.argument(flag));
        return;
      case 'W':
        throw notYet(flag.charAt(1) === 's' ? '-Ws' : '-W', 'master-worker mode');
      case 'S':
        throw notYet('-S', 'the command line interface of master-worker mode');
      case 'x':
        throw notYet('-x', 'taking over the listening sockets of a running process');
      default:
        throw new Decided(usage);
    }
  }

  private debugOption(flag: string): void {
    const { result } = this;
    switch (flag.charAt(1)) {
      case 'b':
        result.foreground = true;
        return;
      case 'D':
        result.showDiag = true;
        return;
      case 'W':
        result.zeroWarning = true;
        return;
      case 'r':
        result.ignoreUnresolved = true;
        return;
      case 'R':
        result.withoutReusePort = true;
        return;
      case 'S':
        result.withoutSplice = true;
        return;
      case 'G':
        result.withoutGetaddrinfo = true;
        return;
      case 'V':
        result.withoutServerVerify = true;
        return;
      case 'L':
        result.listLibraries = true;
        return;
      case 'K':
        result.keywordClasses = flag.slice(2);
        return;
      case 'M':
        this.memoryOption(flag.slice(2));
        return;
      // Pollers to do without: there is only one here, and it stays.
      case 'e':
      case 'p':
        return;
      default:
        result.debug = true;
        result.foreground = true;
    }
  }

  /** Memory is the runtime's business here: what is asked for is checked and has no effect. */
  private memoryOption(text: string): void {
    const words = text.replace(/^(0x[0-9a-f]+|[0-9]+)/i, '').split(',');
    for (const word of words) {
      if (word === 'help') throw new Decided({ kind: 'memory-help' });
      if (word === '' || memoryFeatures.test(word)) continue;
      throw new Decided({ kind: 'refused', message: `-dM: unknown pool debugging feature <${word}>` });
    }
  }

  private condition(): void {
    const text = this.args[this.at + 1];
    if (text === undefined || text.startsWith('-')) throw new Decided(usage);
    this.at++;
    this.result.action = { kind: 'condition', text };
  }

  private oldProcesses(flag: string): void {
    const second = flag.charAt(1);
    if (second !== 'f' && second !== 't') throw new Decided(usage);
    const { oldProcesses } = this.result;
    oldProcesses.signal = second === 'f' ? 'SIGUSR1' : 'SIGTERM';
    for (
      let next = this.args[this.at + 1];
      next !== undefined && !next.startsWith('-');
      next = this.args[this.at + 1]
    ) {
      this.at++;
      const [, digits = '', rest = ''] = /^\s*([+-]?[0-9]*)(.*)$/s.exec(next) ?? [];
      if (rest !== '') {
        throw new Decided({
          kind: 'refused',
          message: `-s${second} option: some bytes unconsumed in PID list {${rest}}`,
        });
      }
      const pid = Number(digits);
      if (!(pid > 0)) throw new Decided(usage);
      oldProcesses.pids.push(pid);
    }
  }

  /** What stands behind an option's letter, or the next argument whatever it looks like. */
  private argument(flag: string): string {
    if (flag.length > 1) return flag.slice(1);
    const text = this.args[this.at + 1];
    if (text === undefined) {
      throw new Decided({
        kind: 'refused',
        message: 'failed to copy argv.',
        hint: `option '-${flag}' needs an argument`,
      });
    }
    this.at++;
    return text;
  }
}

function notYet(option: string, what: string): Decided {
  return new Decided({
    kind: 'refused',
    message: `option '${option}' (${what}) is not carried out by this version of Sluice yet.`,
  });
}

/** As C's atol: the leading number, 0 where there is none. */
function leadingNumber(text: string): number {
  const value = Number.parseInt(text, 10);
  return Number.isNaN(value) ? 0 : value;
}
