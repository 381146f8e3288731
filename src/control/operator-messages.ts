/**
 * What the process says on standard error to whoever runs it: HAProxy's lines, with the two lines about the program
 * before the first warning or alert of the start. Written at once and synchronously, so that nothing is lost when the
 * process ends right behind. Logs to log servers are another's business (control-log.ts).
 */
import { writeSync } from 'node:fs';

export type MessageSeverity = 'alert' | 'warning' | 'notice';

const tags: Readonly<Record<MessageSeverity, string>> = {
  alert: '[ALERT]   ',
  warning: '[WARNING] ',
  notice: '[NOTICE]  ',
};

export interface MessageOptions {
  readonly pid: number;
  readonly version: string;
  readonly executable: string;
  readonly quiet: boolean;
  /** The introduction was already printed, by the process that started this one. */
  readonly introduced?: boolean;
  /** Where to write; standard error unless a test says otherwise. */
  readonly write?: (text: string) => void;
}

export class OperatorMessages {
  quiet: boolean;
  introduced: boolean;
  private readonly options: MessageOptions;
  private readonly write: (text: string) => void;

  constructor(options: MessageOptions) {
    this.options = options;
    this.quiet = options.quiet;
    this.introduced = options.introduced === true;
    this.write = options.write ?? ((text) => writeAll(2, text));
  }

  alert(text: string): void {
    this.say('alert', text);
  }
  warning(text: string): void {
    this.say('warning', text);
  }
  notice(text: string): void {
    this.say('notice', text);
  }

  say(severity: MessageSeverity, text: string): void {
    if (this.quiet) return;
    if (severity !== 'notice') this.introduce();
    this.write(`${tags[severity]} (${this.options.pid}) : ${text}\n`);
  }

  /** Lines that are already in their form. */
  raw(text: string): void {
    if (!this.quiet) this.write(text);
  }

  /** The start is over: what comes now needs no introduction. */
  running(): void {
    this.introduced = true;
  }

  introduce(): void {
    if (this.introduced || this.quiet) return;
    this.introduced = true;
    const { pid, version, executable } = this.options;
    this.write(`${tags.notice} (${pid}) : haproxy version is ${version}\n`);
    this.write(`${tags.notice} (${pid}) : path to executable is ${executable}\n`);
  }
}

/** Writes everything, whatever kind of file the descriptor is. A reader that is gone is no reason to fail. */
export function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      // A terminal or pipe that somebody made non-blocking: its reader needs a moment.
      if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') continue;
      return;
    }
  }
}
