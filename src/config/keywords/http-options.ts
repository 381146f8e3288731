/**
 * HTTP options of proxies that are plain switches, the connection modes, `http-reuse`.
 * Specification: configuration manual 4.2.
 */
import { readFileSync } from 'node:fs';
import { fromByteText } from '../byte-text.ts';
import { Facet } from '../facet.ts';
import { registerCheck, registerKeywords } from '../keyword.ts';
import type { HttpConnectionMode, HttpReuse } from '../model.ts';
import { leadingInteger } from '../time-and-size.ts';
import { backSide, everywhere, frontSide, plainSwitch, switchRecord } from './proxy-option.ts';

/** Header names written to bogus peers in a case of their own, by lower-case name. */
export const headerCase = new Facet('global.h1-case-adjust', () => ({
  names: new Map<string, string>(),
  /** The last `h1-case-adjust-file`; read once all lines are known. */
  file: undefined as { name: string; path: string } | undefined,
}));

registerCheck(({ global }, report) => {
  const config = headerCase.read(global);
  if (config?.file === undefined) return;
  let text: string;
  try {
    text = readFileSync(fromByteText(config.file.path), 'latin1');
  } catch (error) {
    // A directory can be opened, and holds no lines.
    if ((error as NodeJS.ErrnoException).code !== 'EISDIR') {
      report.alert(`h1-headers-case-adjust-file '${config.file.name}': failed to open file.`);
    }
    return;
  }
  for (const line of text.split('\n')) {
    const [from, to] = line
      .replace(/#.*/, '')
      .trim()
      .split(/[ \t]+/);
    if (from && to && from.toLowerCase() === to.toLowerCase()) config.names.set(from.toLowerCase(), to);
  }
});

function connectionMode(name: string, mode: HttpConnectionMode, doc: string) {
  return switchRecord({ name, sections: everywhere, doc }, (proxy, value) => {
    // The last one written holds; taking it back only undoes itself.
    if (value === true) proxy.httpConnectionMode = mode;
    else if (proxy.httpConnectionMode === mode) proxy.httpConnectionMode = undefined;
  });
}

registerKeywords(
  connectionMode('http-keep-alive', 'keep-alive', 'Keeps connections open on both sides. The default.'),
  connectionMode(
    'http-server-close',
    'server-close',
    'Keeps client connections and closes server connections.',
  ),
  connectionMode('httpclose', 'close', 'Closes both connections after each exchange.'),
  plainSwitch('abortonclose', backSide, 'A request whose client is gone leaves the queue.'),
  plainSwitch('accept-invalid-http-request', frontSide, 'Tolerates some invalid characters in requests.'),
  plainSwitch('accept-invalid-http-response', backSide, 'Tolerates some invalid characters in responses.'),
  plainSwitch('h1-case-adjust-bogus-client', frontSide, 'Adjusts the case of header names towards clients.'),
  plainSwitch('h1-case-adjust-bogus-server', backSide, 'Adjusts the case of header names towards servers.'),
  plainSwitch('http-buffer-request', everywhere, 'Waits for the body, or a full buffer, before going on.'),
  plainSwitch('http-ignore-probes', frontSide, 'Neither answers nor logs connections that send nothing.'),
  plainSwitch('http-no-delay', everywhere, 'Forwards each piece at once, which happens here in any case.'),
  plainSwitch('http-pretend-keepalive', backSide, 'Hides from servers that the connection will close.'),
  plainSwitch(
    'http-use-proxy-header',
    frontSide,
    'Clients that take this for a proxy authenticate as to a proxy.',
  ),
  plainSwitch(
    'idle-close-on-response',
    frontSide,
    'Closes idle connections in a soft stop only with a response.',
  ),
  plainSwitch('disable-h2-upgrade', frontSide, 'Does not take HTTP/2 on plain HTTP/1 listeners.'),
  plainSwitch(
    'prefer-last-server',
    backSide,
    'Sends to the server of the last request where that is possible.',
  ),
  plainSwitch('allbackups', backSide, 'Uses all backup servers and not only the first.'),
  plainSwitch('persist', backSide, 'Sends to the server of the cookie even when it is down.'),
  {
    scope: 'proxy',
    name: 'http-reuse',
    syntax: '{ never | safe | aggressive | always }',
    doc: 'How server connections are shared between client connections. Default: safe.',
    manual: '4.2',
    sections: backSide,
    parse: ({ args, target }) => {
      const word = args.next() ?? '';
      const reuse = (['never', 'safe', 'aggressive', 'always'] as const).find(
        (r): r is HttpReuse => r === word,
      );
      if (reuse === undefined) {
        args.alert("'http-reuse' only supports 'never', 'safe', 'aggressive', 'always'.");
      } else if (args.done) target.httpReuse = reuse;
      else args.alert(`'http-reuse ${reuse}' cannot handle unexpected argument '${args.next()}'.`);
    },
  },
  {
    scope: 'proxy',
    name: 'max-keep-alive-queue',
    syntax: '<value>',
    doc: 'With so many waiting at its server a kept connection gives up persistence; -1: never.',
    manual: '4.2',
    sections: backSide,
    parse: ({ args, target }) => {
      const text = args.next();
      if (text === undefined) {
        args.alert("'max-keep-alive-queue' expects expects an integer value (or -1 to disable)");
        return;
      }
      const bad = /^[+-]?[0-9]*(.?)/.exec(text)![1]!;
      if (bad !== '') {
        args.alert(`'max-keep-alive-queue' : unexpected character '${bad}' in integer value '${text}'`);
      } else target.maxKeepAliveQueue = Number(text);
    },
    misplaced: ({ args, target }, readAside) => {
      if (!readAside()) return;
      args.warning(
        `max-keep-alive-queue will be ignored because frontend '${target.name}' has no backend capability`,
      );
    },
  },
  {
    scope: 'proxy',
    name: 'max-session-srv-conns',
    syntax: '<nb>',
    doc: 'Idle server connections that one client connection keeps for itself at most. Default: 5.',
    manual: '4.2',
    sections: ['defaults', 'frontend', 'listen'],
    parse: ({ args, target }) => {
      const text = args.next();
      if (text === undefined) {
        args.say(
          'alert',
          `parsine ${args.place} : 'max-session-srv-conns' expects a number. Got no argument`,
        );
      } else {
        target.maxSessionConnections = leadingInteger(text);
        args.rest();
      }
    },
  },
  {
    scope: 'global',
    name: 'h1-case-adjust',
    syntax: '<from> <to>',
    doc: 'A header name as bogus clients or servers want to see it.',
    manual: '3.1',
    parse: ({ args, target }) => {
      const from = args.next();
      const to = args.next();
      if (from === undefined || to === undefined) {
        args.alert("'h1-case-adjust' expects <from> and <to> as argument.");
        return;
      }
      const { names } = headerCase.of(target);
      if (from.toLowerCase() !== to.toLowerCase()) {
        args.alert('<from> and <to> must not differ execpt the case');
      } else if (names.has(from.toLowerCase())) args.alert(`duplicate entry '${from}'`);
      else names.set(from.toLowerCase(), to);
    },
  },
  {
    scope: 'global',
    name: 'h1-case-adjust-file',
    syntax: '<hdrs-file>',
    doc: 'A file of such header names, one pair a line.',
    manual: '3.1',
    parse: ({ args, target, reading }) => {
      if (!args.expectAtMost(1)) return;
      const name = args.next();
      if (name === undefined) args.alert("'h1-case-adjust-file' expects <file> as argument.");
      else headerCase.of(target).file = { name, path: reading.resolvePath(name, args.line.file) };
    },
  },
);
