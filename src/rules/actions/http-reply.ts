/**
 * The description of a reply, shared by `return`, `deny` and `tarpit`: status, content and headers.
 * Specification: configuration manual 4.2 `http-request return`; wording of messages as HAProxy 2.6.
 */
import { readFileSync } from 'node:fs';
import {
  errorReplyStatuses,
  httpErrorsSections,
  readReplyFile,
} from '../../config/keywords/error-replies.ts';
import type { ErrorReply } from '../../config/model.ts';
import { wholeInteger } from '../../config/time-and-size.ts';
import type { Linker } from '../../expr/linker.ts';
import { type FormatConfig, type FormatText, linkFormat } from '../../expr/log-format/format-text.ts';
import { latin1Text } from '../../expr/sample.ts';
import { formatScratch } from '../../expr/scratch.ts';
import { statusReason } from '../../protocol/http1/status-reasons.ts';
import type { ActionContext } from '../action-record.ts';
import { type PreparedReply, prepareReply, rawMessage } from '../prepared-reply.ts';
import type { HttpTarget, RuleTarget } from '../target.ts';

type Content =
  | { readonly kind: 'none' }
  /** The proxy's own reply for the status, with what `errorfile` says. */
  | { readonly kind: 'default' }
  | { readonly kind: 'message'; readonly reply: ErrorReply }
  | { readonly kind: 'section'; readonly name: string }
  | { readonly kind: 'bytes'; readonly text: string }
  | { readonly kind: 'format'; readonly format: FormatConfig };

export interface HttpReplyConfig {
  readonly status: number;
  readonly content: Content;
  readonly contentType: string | undefined;
  readonly headers: readonly { readonly name: string; readonly value: FormatConfig }[];
}

interface Wanted {
  /** What `status` is without one. */
  readonly status: number;
  /** `deny_status` is another word for `status`. */
  readonly denies: boolean;
}

export function readHttpReply(context: ActionContext, wanted: Wanted): HttpReplyConfig | undefined {
  return new ReplyReader(context, wanted).read();
}

class ReplyReader {
  private readonly context: ActionContext;
  private readonly wanted: Wanted;
  private status: number | undefined = undefined;
  private contentType: string | undefined = undefined;
  private content: Content = { kind: 'none' };
  private readonly headers: { name: string; value: FormatConfig }[] = [];

  constructor(context: ActionContext, wanted: Wanted) {
    this.context = context;
    this.wanted = wanted;
  }

  read(): HttpReplyConfig | undefined {
    const { context } = this;
    let plain = true;
    while (!context.done) {
      const word = context.args.next() as string;
      if (word !== 'status' && word !== 'deny_status') plain = false;
      if (!this.readOption(word)) return undefined;
    }
    return this.finish(plain);
  }

  /** False when it was refused (and reported). */
  private readOption(word: string): boolean {
    const { context } = this;
    switch (word) {
      case 'deny_status':
        if (!this.wanted.denies) break;
        return this.readStatus(word);
      case 'status':
        return this.readStatus(word);
      case 'content-type': {
        const type = this.argument(`'${word}' expects <type> as argument`);
        if (type === undefined) return false;
        this.contentType = type;
        return true;
      }
      case 'default-errorfiles':
        return this.setContent({ kind: 'default' }, word);
      case 'errorfile': {
        const name = this.argument(`'${word}' expects <file> as argument`);
        if (name === undefined) return false;
        const { args, reading, configuration } = context;
        const reply = readReplyFile(args, reading, configuration.global.tune.bufsize, name);
        return reply !== undefined && this.setContent({ kind: 'message', reply }, word);
      }
      case 'errorfiles': {
        const name = this.argument(`'${word}' expects <name> as argument`);
        return name !== undefined && this.setContent({ kind: 'section', name }, word);
      }
      case 'file':
      case 'lf-file': {
        const text = this.readFile(word);
        return text !== undefined && this.setText(text, word === 'lf-file', word);
      }
      case 'string':
      case 'lf-string': {
        const text = this.argument(`'${word}' expects ${word === 'string' ? '<str>' : '<fmt>'} as argument`);
        return text !== undefined && this.setText(text, word === 'lf-string', word);
      }
      case 'hdr':
        return this.readHeader();
      default:
    }
    context.fail(
      `expects 'status', 'content-type', 'default-errorfiles', 'errorfile', 'errorfiles', 'file', 'lf-file', 'string', 'lf-string' or 'hdr' (was '${word}')`,
    );
    return false;
  }

  private argument(complaint: string): string | undefined {
    const { context } = this;
    const text = context.args.next();
    return text ?? context.fail(complaint);
  }

  private readStatus(word: string): boolean {
    const { context } = this;
    const text = this.argument(`'${word}' expects <status_code> as argument`);
    if (text === undefined) return false;
    const status = wholeInteger(text) ?? 0;
    if (status < 200 || status > 599) {
      context.fail(`Unexpected status code '${text}'`);
      return false;
    }
    this.status = status;
    return true;
  }

  private readHeader(): boolean {
    const { context } = this;
    const name = context.args.next();
    const text = name === undefined ? undefined : context.args.next();
    if (name === undefined || name === '' || text === undefined || text === '') {
      context.fail("'hdr' expects <name> and <value> as arguments");
      return false;
    }
    const value = context.format(text);
    if (value === undefined) return false;
    this.headers.push({ name: name.toLowerCase(), value });
    return true;
  }

  private readFile(word: string): string | undefined {
    const { context } = this;
    const name = this.argument(`'${word}' expects <file> as argument`);
    if (name === undefined) return undefined;
    const { args, reading, configuration } = context;
    let text: string;
    try {
      text = readFileSync(reading.resolvePath(name, args.line.file), 'latin1');
    } catch {
      return context.fail(`unable to open the file '${name}'`);
    }
    const most = configuration.global.tune.bufsize;
    if (text.length > most)
      return context.fail(`file '${name}' exceeds the buffer size (${text.length} > ${most})`);
    return text;
  }

  private setText(text: string, isFormat: boolean, word: string): boolean {
    if (!isFormat) return this.setContent({ kind: 'bytes', text }, word);
    const format = this.context.format(text);
    return format !== undefined && this.setContent({ kind: 'format', format }, word);
  }

  private setContent(content: Content, word: string): boolean {
    if (this.content.kind !== 'none') {
      this.context.fail(`unexpected '${word}' argument, content already defined`);
      return false;
    }
    this.content = content;
    return true;
  }

  private finish(plain: boolean): HttpReplyConfig | undefined {
    const { context, contentType, headers } = this;
    const status = this.status ?? this.wanted.status;
    let { content } = this;
    if (plain && this.wanted.denies) content = { kind: 'default' };
    if (content.kind === 'default' && !errorReplyStatuses.includes(status)) {
      // Without a reply of its own for this status there is nothing but the status.
      content = { kind: 'none' };
    }
    if (content.kind === 'section') {
      const { name } = content;
      const section = httpErrorsSections.read(context.configuration)?.get(name);
      if (section === undefined) {
        return context.fail(`unable to find http-errors section '${name}'`);
      }
      const reply = section.replies.get(status);
      content = reply === undefined ? { kind: 'default' } : { kind: 'message', reply };
    }
    const isMessage = content.kind === 'default' || content.kind === 'message';
    if (isMessage && headers.length > 0) {
      context.args.warning('hdr parameters ignored by the http reply when used with an erorrfile.');
    }
    if (contentType !== undefined && isMessage) {
      context.args.warning('content-type ignored by the http reply when used with an erorrfile.');
    } else if (contentType !== undefined && content.kind === 'none') {
      context.args.warning('content-type ignored by the http reply when used with no payload.');
    }
    const hasPayload = content.kind === 'bytes' || content.kind === 'format';
    if (hasPayload && contentType === undefined) {
      return context.fail('a content type must be defined when non-empty payload is configured');
    }
    return { status, content, contentType, headers };
  }
}

/** A linked reply: sends itself. */
export class HttpReply {
  private readonly status: number;
  private readonly isDefault: boolean;
  private readonly message: PreparedReply | null;
  private readonly start: string;
  private readonly headers: readonly { readonly name: string; readonly value: FormatText }[];
  private readonly bytes: Buffer | null;
  private readonly format: FormatText | null;
  private readonly type: string;
  /** Head of a reply that is always the same. */
  private readonly fixed: Buffer | null;

  constructor(config: HttpReplyConfig, linker: Linker) {
    const { status, content } = config;
    this.status = status;
    this.isDefault = content.kind === 'default';
    this.message = content.kind === 'message' ? prepareReply(status, rawMessage(content.reply)) : null;
    this.start = `HTTP/1.1 ${status} ${statusReason(status)}\r\n`;
    this.headers = config.headers.map(({ name, value }) => ({ name, value: linkFormat(value, linker) }));
    this.bytes = content.kind === 'bytes' ? Buffer.from(content.text, 'latin1') : null;
    this.format = content.kind === 'format' ? linkFormat(content.format, linker) : null;
    this.type = config.contentType ?? '';
    this.fixed =
      this.format === null && this.headers.length === 0
        ? Buffer.from(this.head('', this.bytes?.length ?? 0), 'latin1')
        : null;
  }

  send(target: RuleTarget): void {
    const http = target.httpTarget as HttpTarget;
    if (this.isDefault) http.reply(this.status);
    else if (this.message !== null) http.replyPrepared(this.message);
    else if (this.fixed !== null) http.replyWith(this.status, this.fixed, this.bytes ?? NOTHING);
    else this.sendMade(target, http);
  }

  private sendMade(target: RuleTarget, http: HttpTarget): void {
    let lines = '';
    const area = formatScratch();
    for (const { name, value } of this.headers) {
      const text = latin1Text(area, 0, value.write(target, area, 0, area.length));
      // HAProxy says nothing where there is nothing to say.
      if (text !== '') lines += `${name}: ${text}\r\n`;
    }
    let body: Uint8Array = this.bytes ?? NOTHING;
    if (this.format !== null) body = area.subarray(0, this.format.write(target, area, 0, area.length));
    http.replyWith(this.status, Buffer.from(this.head(lines, body.length), 'latin1'), body);
  }

  private head(lines: string, length: number): string {
    const { status } = this;
    const sized = status !== 204 && status >= 200 ? `content-length: ${length}\r\n` : '';
    const typed = length > 0 ? `content-type: ${this.type}\r\n` : '';
    return this.start + lines + sized + typed;
  }
}

const NOTHING = new Uint8Array(0);
