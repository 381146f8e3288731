/**
 * What clients get in the place of the built-in error replies: `errorfile`, `errorloc*`, `errorfiles` and the
 * `http-errors` sections that the latter refer to. Files are read and checked when the configuration is.
 * Specification: configuration manual 3.8, 4.2 `errorfile`; wording of errors as HAProxy 2.6 gives them.
 */
import { readFileSync } from 'node:fs';
import type { ArgumentReader } from '../argument-reader.ts';
import { fromByteText } from '../byte-text.ts';
import { Facet } from '../facet.ts';
import {
  type ProxyKeyword,
  type Reading,
  registerCheck,
  registerKeywords,
  registerSection,
} from '../keyword.ts';
import type { ErrorReply, ProxyConfig } from '../model.ts';
import { leadingInteger } from '../time-and-size.ts';
import type { Origin } from '../words.ts';
import { faultInErrorFile } from './error-file-check.ts';
import { everywhere } from './proxy-option.ts';

/** The statuses for which HAProxy has a reply of its own. */
export const errorReplyStatuses: readonly number[] = [
  200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 421, 422, 425, 429, 500, 501, 502, 503, 504,
];

type Step =
  | { readonly status: number; readonly reply: ErrorReply }
  | { readonly section: string; readonly statuses: readonly number[]; readonly origin: Origin };

/** All that a proxy says of its error replies, in order; `errorfiles` may name a section that comes later. */
const steps = new Facet('error-replies.steps', () => [] as Step[]);

interface HttpErrorsSection {
  readonly origin: Origin;
  readonly replies: Map<number, ErrorReply>;
}
export const httpErrorsSections = new Facet(
  'http-errors.sections',
  () => new Map<string, HttpErrorsSection>(),
);

function readStatus(args: ArgumentReader, name: string, text: string): number | undefined {
  const status = leadingInteger(text);
  if (errorReplyStatuses.includes(status)) return status;
  args.alert(
    `${name} : status code '${status}' not handled.`,
    `handled are ${errorReplyStatuses.join(', ')}`,
  );
  return undefined;
}

/** Reads and checks a whole message; undefined when it was refused (and reported). */
export function readReplyFile(
  args: ArgumentReader,
  reading: Reading,
  bufsizeBytes: number,
  name: string,
): ErrorReply | undefined {
  let content: string;
  try {
    content = readFileSync(fromByteText(reading.resolvePath(name, args.line.file)), 'latin1');
  } catch {
    args.alert(`errorfile : error opening file '${name}'.`);
    return undefined;
  }
  if (content.length > bufsizeBytes) {
    args.say('warning', `custom error message file '${name}' larger than ${bufsizeBytes} bytes. Truncating.`);
    args.alert(`errorfile : '${name}': unable to add payload into the HTX message`);
    return undefined;
  }
  const fault = content === '' ? undefined : faultInErrorFile(content);
  if (fault !== undefined) {
    args.alert(`errorfile : '${name}': ${fault}`);
    return undefined;
  }
  return { kind: 'raw', content, origin: { file: args.line.file, line: args.line.line } };
}

function addReply(proxy: ProxyConfig, status: number, reply: ErrorReply): void {
  steps.of(proxy).push({ status, reply });
  proxy.errorReplies.set(status, reply);
}

function errorloc(name: string, status: 302 | 303): ProxyKeyword {
  return {
    scope: 'proxy',
    name,
    syntax: '<code> <url>',
    doc: `Redirects with ${status} instead of an error reply.`,
    manual: '4.2',
    sections: everywhere,
    parse: ({ args, target }) => {
      const code = args.next();
      const location = args.next();
      if (code === undefined || location === undefined) {
        args.alert(`${name} : expects <status_code> and <url> as arguments.\n`);
        return;
      }
      const replaced = readStatus(args, name, code);
      if (replaced === undefined) return;
      const origin = { file: args.line.file, line: args.line.line };
      addReply(target, replaced, { kind: 'redirect', status, location, origin });
    },
  };
}

registerKeywords(
  {
    scope: 'proxy',
    name: 'errorfile',
    syntax: '<code> <file>',
    doc: 'Sends the content of a file, a whole HTTP response, instead of an error reply.',
    manual: '4.2',
    sections: everywhere,
    parse: ({ args, target, reading, configuration }) => {
      const code = args.next();
      const file = args.next();
      if (code === undefined || file === undefined) {
        args.alert('errorfile : expects <status_code> and <file> as arguments.\n');
        return;
      }
      const status = readStatus(args, 'errorfile', code);
      if (status === undefined) return;
      const reply = readReplyFile(args, reading, configuration.global.tune.bufsize, file);
      if (reply !== undefined) addReply(target, status, reply);
    },
  },
  errorloc('errorloc', 302),
  errorloc('errorloc302', 302),
  errorloc('errorloc303', 303),
  {
    scope: 'proxy',
    name: 'errorfiles',
    syntax: '<name> [<code> ...]',
    doc: 'Takes error replies from an http-errors section: all, or those named.',
    manual: '4.2',
    sections: everywhere,
    parse: ({ args, target }) => {
      const section = args.next();
      if (section === undefined) {
        args.alert('errorfiles : expects <name> as argument.');
        return;
      }
      const wanted: number[] = [];
      for (const text of args.rest()) {
        const status = readStatus(args, 'errorfiles', text);
        if (status === undefined) return;
        wanted.push(status);
      }
      const origin = { file: args.line.file, line: args.line.line };
      steps.of(target).push({ section, statuses: wanted, origin });
    },
  },
);

registerSection({
  name: 'http-errors',
  doc: 'A named set of error replies that `errorfiles` refers to.',
  manual: '3.8',
  open: ({ args, configuration }) => {
    const origin = { file: args.line.file, line: args.line.line };
    const replies = new Map<number, ErrorReply>();
    const handler = {
      keywords: ['errorfile'],
      line: ({ args: line, reading }: { args: ArgumentReader; reading: Reading }) => {
        const keyword = line.next() ?? '';
        if (keyword !== 'errorfile') {
          line.alert(`unknown keyword '${keyword}' in 'http-errors' section`);
          return;
        }
        const code = line.next();
        const file = line.next();
        if (code === undefined || file === undefined) {
          line.alert('errorfile: expects <status_code> and <file> as arguments.');
          return;
        }
        const status = readStatus(line, 'errorfile', code);
        if (status === undefined) return;
        const reply = readReplyFile(line, reading, configuration.global.tune.bufsize, file);
        if (reply !== undefined) replies.set(status, reply);
      },
    };
    const name = args.next();
    if (name === undefined) {
      args.alert('missing name for http-errors section.');
      return handler;
    }
    const bad = /[^A-Za-z0-9_.:-]/.exec(name);
    if (bad !== null) {
      args.alert(`character '${bad[0]}' is not permitted in 'http-errors' name '${name}'.`);
      return handler;
    }
    const sections = httpErrorsSections.of(configuration);
    const other = sections.get(name);
    if (other !== undefined) {
      args.say(
        'alert',
        `parsing ${args.place}: http-errors section '${name}' already exists (declared at ${other.origin.file}:${other.origin.line}).`,
      );
    } else sections.set(name, { origin, replies });
    return handler;
  },
});

registerCheck((configuration, report) => {
  const sections = httpErrorsSections.read(configuration);
  for (const proxy of configuration.proxies) {
    proxy.errorReplies.clear();
    for (const step of steps.read(proxy) ?? []) {
      if ('reply' in step) {
        proxy.errorReplies.set(step.status, step.reply);
        continue;
      }
      const { file, line } = step.origin;
      const section = sections?.get(step.section);
      if (section === undefined) {
        report.alertAt(
          `proxy '${proxy.name}': unknown http-errors section '${step.section}' (at ${file}:${line}).`,
          step.origin,
        );
        continue;
      }
      for (const status of step.statuses.length > 0 ? step.statuses : section.replies.keys()) {
        const reply = section.replies.get(status);
        if (reply !== undefined) proxy.errorReplies.set(status, reply);
        else {
          report.warningAt(
            `config: proxy '${proxy.name}' : status '${status}' not declared in http-errors section '${step.section}' (at ${file}:${line}).`,
            step.origin,
          );
        }
      }
    }
  }
});
