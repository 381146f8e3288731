/**
 * The stats socket of the global section: where it listens and its limits. Kept here, served by the runtime API.
 * Specification: configuration manual 3.1 `stats socket`; wording of errors as HAProxy 2.6 gives them.
 */
import { readBindAddresses } from '../bind-addresses.ts';
import { Facet } from '../facet.ts';
import { newBind } from '../initial-values.ts';
import { registerFamily, registerKeywords } from '../keyword.ts';
import type { BindConfig } from '../model.ts';
import { leadingInteger, parseTime } from '../time-and-size.ts';
import { readBindOptions } from './bind.ts';
import { parseThreadSet } from './thread-set.ts';
import { unixBind } from './unix-bind.ts';

export interface StatsSocketConfig {
  sockets: BindConfig[];
  timeoutMs: number | undefined;
  maxconn: number | undefined;
}

export const statsSockets = new Facet<StatsSocketConfig>('global.stats-sockets', () => ({
  sockets: [],
  timeoutMs: undefined,
  maxconn: undefined,
}));

registerKeywords(
  {
    scope: 'global',
    name: 'stats socket',
    syntax: '[<address:port>|<path>] [param*]',
    doc: 'Where the runtime API listens.',
    manual: '3.1',
    parse: (context) => {
      const { args, target } = context;
      const text = args.next();
      if (text === undefined) {
        args.alert("'stats socket' in global section expects an address or a path to a UNIX socket");
        return;
      }
      const bind = newBind(text, { file: args.line.file, line: args.line.line });
      const inherited = unixBind.read(target);
      const addresses = readBindAddresses(text, inherited?.prefix ?? '', context.reading.environment);
      if (typeof addresses === 'string') {
        args.alert(`parsing ${args.place} : 'stats socket' : ${addresses}`);
        return;
      }
      bind.addresses.push(...addresses);
      bind.level = 'operator';
      bind.unixMode = inherited?.mode;
      bind.unixUid = inherited?.uid;
      bind.unixGid = inherited?.gid;
      statsSockets.of(target).sockets.push(bind);
      const lead = `parsing ${args.place} : 'stats socket' :`;
      readBindOptions(context, bind, {
        lead: `${lead} '`,
        trail: "'",
        unknownLead: lead,
        nearTail: (near) => `. Did you mean '${near}' maybe ?`,
      });
    },
  },
  {
    scope: 'global',
    name: 'stats timeout',
    syntax: '<timeout, in milliseconds>',
    doc: 'How long a connection to the runtime API may say nothing. Default: 10s.',
    manual: '3.1',
    parse: ({ args, target }) => {
      const text = args.next() ?? '';
      const time = parseTime(text, 'ms');
      if (text === '' || (!time.ok && time.fault === 'character')) {
        // HAProxy shows the end of an empty word, and with it its message ends.
        const character = time.ok || time.fault !== 'character' ? '' : `${time.character}'`;
        args.alert(`'stats timeout' : unexpected character '${character}`);
      } else if (!time.ok) {
        args.alert(
          `timer overflow in argument '${text}' to 'stats timeout' (maximum value is 2147483647 ms or ~24.8 days)`,
        );
      } else if (time.value === 0) args.alert("'stats timeout' expects a positive value");
      else statsSockets.of(target).timeoutMs = time.value;
    },
  },
  {
    scope: 'global',
    name: 'stats maxconn',
    syntax: '<connections>',
    doc: 'Connections to the runtime API at the same time. Default: 10.',
    manual: '3.1',
    parse: ({ args, target }) => {
      const value = leadingInteger(args.next() ?? '');
      if (value <= 0) args.alert("'stats maxconn' expects a positive value");
      else statsSockets.of(target).maxconn = value;
    },
  },
  {
    scope: 'global',
    name: 'stats bind-process',
    syntax: '[ all | odd | even | <process_num>[-[process_num>]] ] ...',
    doc: 'Accepted as HAProxy accepts it: there is one process.',
    manual: '3.1',
    parse: ({ args }) => {
      for (const text of args.rest()) {
        const set = parseThreadSet(text, 1);
        if (typeof set !== 'string') continue;
        args.alert(`'stats bind-process' : ${set}`);
        return;
      }
    },
  },
);

registerFamily({
  scope: 'global',
  first: 'stats',
  unknown: (args, found) => {
    args.alert(`'stats' only supports 'socket', 'maxconn', 'bind-process' and 'timeout' (got '${found}')`);
  },
});
