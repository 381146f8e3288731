/**
 * What every proxy has: mode, name-giving keywords, limits, the way to its backend.
 * Specification: configuration manual 4.2.
 */
import { parseAddress } from '../address-parser.ts';
import type { ArgumentReader } from '../argument-reader.ts';
import { registerFamily, registerKeywords } from '../keyword.ts';
import { lacking, misplaced } from '../misplaced.ts';
import { proxyWord } from '../proxy-kind.ts';
import { leadingInteger } from '../time-and-size.ts';
import { parseThreadSet } from './thread-set.ts';

registerKeywords(
  {
    scope: 'proxy',
    name: 'mode',
    syntax: '{ tcp | http }',
    doc: 'Whether the proxy forwards a stream of bytes or understands HTTP. Default: tcp.',
    manual: '4.2',
    sections: ['defaults', 'frontend', 'listen', 'backend'],
    parse: ({ args, target }) => {
      if (!args.expectAtMost(1)) return;
      const mode = args.next() ?? '';
      if (mode === 'health') {
        args.alert(
          "'mode health' doesn't exist anymore. Please use 'http-request return status 200' instead.",
        );
      } else if (mode !== 'tcp' && mode !== 'http') {
        args.alert(`unknown proxy mode '${mode}'.`, "the modes are 'tcp' and 'http'");
      } else {
        target.mode = mode;
      }
    },
  },
  {
    scope: 'proxy',
    name: 'default_backend',
    syntax: '<backend>',
    doc: 'The backend for what no `use_backend` rule took.',
    manual: '4.2',
    sections: ['defaults', 'frontend', 'listen'],
    parse: ({ args, target }) => {
      const name = args.next();
      if (name === undefined) {
        args.alert("'default_backend' expects a backend name.");
        return;
      }
      target.defaultBackend = { name, origin: { file: args.line.file, line: args.line.line } };
      args.expectEnd();
    },
  },
  {
    scope: 'proxy',
    name: 'maxconn',
    syntax: '<conns>',
    doc: 'Connections that the frontend serves at the same time; more wait in the kernel.',
    manual: '4.2',
    sections: ['defaults', 'frontend', 'listen'],
    parse: ({ args, target }) => {
      const value = integer(args, "'maxconn' expects an integer argument.");
      if (value !== undefined) target.maxconn = value;
    },
    misplaced: (context, readAside) =>
      misplaced(context, 'maxconn', readAside, " Maybe you want 'fullconn' instead ?"),
  },
  {
    scope: 'proxy',
    name: 'backlog',
    syntax: '<conns>',
    doc: 'Connections that may wait in the kernel to be accepted. Default: maxconn.',
    manual: '4.2',
    sections: ['defaults', 'frontend', 'listen'],
    parse: ({ args, target }) => {
      const value = integer(args, "'backlog' expects an integer argument.");
      if (value !== undefined) target.backlog = value;
    },
  },
  {
    scope: 'proxy',
    name: 'fullconn',
    syntax: '<conns>',
    doc: 'Connections of the backend at which servers with a minconn get their full maxconn.',
    manual: '4.2',
    sections: ['defaults', 'listen', 'backend'],
    parse: ({ args, target }) => {
      const value = integer(args, "'fullconn' expects an integer argument.");
      if (value !== undefined) target.fullconn = value;
    },
    misplaced: (context, readAside) =>
      misplaced(context, 'fullconn', readAside, " Maybe you want 'maxconn' instead ?"),
  },
  {
    scope: 'proxy',
    name: 'rate-limit sessions',
    syntax: '<rate>',
    doc: 'New connections a second that the frontend accepts at most.',
    manual: '4.2',
    sections: ['defaults', 'frontend', 'listen'],
    parse: ({ args, target }) => {
      const text = args.next();
      if (text === undefined) {
        args.alert("'rate-limit sessions' expects expects an integer value (in sessions/second)");
        return;
      }
      const bad = /^[+-]?[0-9]*(.?)/.exec(text)![1]!;
      if (bad !== '') {
        args.alert(`'rate-limit sessions' : unexpected character '${bad}' in integer value '${text}'`);
        return;
      }
      if (target.rateLimitSessions) {
        args.warning('overwriting rate-limit sessions which was already specified');
      }
      target.rateLimitSessions = Number(text);
    },
    misplaced: ({ args, target }, readAside) => {
      if (readAside()) args.warning(`rate-limit sessions will be ignored because ${lacking(target)}`);
    },
  },
  {
    scope: 'proxy',
    name: 'dispatch',
    syntax: '<address>:<port>',
    doc: 'Where everything goes when there is no server and no balancing.',
    manual: '4.2',
    sections: ['listen', 'backend'],
    parse: ({ args, target, reading }) => {
      const text = args.next();
      if (text === undefined) {
        args.alert("'dispatch' : '' resolves to an empty address (environment variable missing?)\n");
        return;
      }
      const parsed = parseAddress(text, { port: 'required', names: true, environment: reading.environment });
      if (!parsed.ok) args.alert(`'dispatch' : ${parsed.message}`);
      else if (args.expectEnd()) target.dispatch = parsed.value.address;
    },
  },
  {
    scope: 'proxy',
    name: 'id',
    syntax: '<value>',
    doc: 'The number of the proxy; automatic when left out.',
    manual: '4.2',
    sections: ['frontend', 'listen', 'backend'],
    parse: ({ args, target, configuration }) => {
      const text = args.next();
      if (!args.expectEnd()) return;
      if (text === undefined) {
        args.say('alert', `parsing ${args.place}: 'id' expects an integer argument.`);
        return;
      }
      const id = leadingInteger(text);
      if (id <= 0) {
        args.say('alert', `parsing ${args.place}: custom id has to be > 0.`);
        return;
      }
      // Whoever has a number already is in its own way.
      const other = target.id === undefined ? configuration.proxies.find((p) => p.id === id) : target;
      if (other !== undefined) {
        const { file, line } = other.origin;
        args.say(
          'alert',
          `parsing ${args.place}: ${proxyWord(target.kind)} ${target.name} reuses same custom id as ${proxyWord(
            other.kind,
          )} ${other.name} (declared at ${file}:${line}).`,
        );
        return;
      }
      target.id = id;
    },
    misplaced: ({ args }) => notInDefaults(args, 'id'),
  },
  {
    scope: 'proxy',
    name: 'description',
    syntax: '<string>',
    doc: 'A text for statistics.',
    manual: '4.2',
    sections: ['frontend', 'listen', 'backend'],
    parse: ({ args, target }) => {
      const words = args.rest();
      if (words.length === 0) {
        args.say('alert', `parsing ${args.place}: 'description' expects a string argument.`);
      } else target.description = words.join(' ');
    },
    misplaced: ({ args }) => notInDefaults(args, 'description'),
  },
  {
    scope: 'proxy',
    name: 'disabled',
    syntax: '',
    doc: 'The section is read and then left alone.',
    manual: '4.2',
    sections: ['defaults', 'frontend', 'listen', 'backend'],
    parse: ({ args, target }) => {
      if (args.expectEnd()) target.disabled = true;
    },
  },
  {
    scope: 'proxy',
    name: 'enabled',
    syntax: '',
    doc: 'Undoes `disabled` of a defaults section.',
    manual: '4.2',
    sections: ['defaults', 'frontend', 'listen', 'backend'],
    parse: ({ args, target }) => {
      if (args.expectEnd()) target.disabled = false;
    },
  },
  {
    scope: 'proxy',
    name: 'bind-process',
    syntax: '[ all | odd | even | <process_num>[-[<process_num>]] ] ...',
    doc: 'Accepted as HAProxy accepts it: there is one process.',
    manual: '4.2',
    sections: ['defaults', 'frontend', 'listen', 'backend'],
    parse: ({ args }) => {
      for (const text of args.rest()) {
        const set = parseThreadSet(text, 1);
        if (typeof set !== 'string') continue;
        args.alert(`bind-process : ${set}`);
        return;
      }
      args.say(
        'warning',
        `parsing ${args.place}: 'bind-process' has no effect, is deprecated, and will be removed in version 2.7.`,
        'remove the line',
        args.line.words[0],
      );
    },
  },
);

registerFamily({
  scope: 'proxy',
  first: 'rate-limit',
  unknown: (args, found) => {
    args.alert(`'rate-limit' only supports 'sessions' (got '${found}')`);
  },
});

/** One integer, read as HAProxy reads it, and nothing behind it. */
function integer(args: ArgumentReader, missing: string): number | undefined {
  const text = args.next();
  if (text === undefined) {
    args.alert(missing);
    return undefined;
  }
  return args.expectEnd() ? leadingInteger(text) : undefined;
}

function notInDefaults(args: ArgumentReader, name: string): void {
  args.rest();
  args.say('alert', `parsing ${args.place}: '${name}' not allowed in 'defaults' section.`);
}
