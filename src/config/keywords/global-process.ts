/**
 * The process itself: who it runs as, where, under what name, and how it ends.
 * Specification: configuration manual 3.1; wording of errors as HAProxy 2.6 gives them.
 */
import type { ArgumentReader } from '../argument-reader.ts';
import { Facet } from '../facet.ts';
import { type GlobalKeyword, registerKeywords } from '../keyword.ts';
import type { GlobalConfig } from '../model.ts';
import { findGroup, findUser } from '../system-accounts.ts';
import { leadingInteger } from '../time-and-size.ts';
import { globalFlag, globalTimeMs } from './global-values.ts';

/** Global keywords that only one reader needs. */
export const processFacet = new Facet('global.process', () => ({
  localPeer: undefined as string | undefined,
  experimentalDirectives: false,
  /** Programs may gain privileges by their set-user-id bit. */
  allowsSetuid: false,
  /** The process may start programs: what `external-check` does. */
  allowsFork: false,
  externalCheck: false,
}));

function record(
  name: string,
  syntax: string,
  doc: string,
  parse: (args: ArgumentReader, global: GlobalConfig) => void,
): GlobalKeyword {
  return {
    scope: 'global',
    name,
    syntax,
    doc,
    manual: '3.1',
    parse: ({ args, target }) => parse(args, target),
  };
}

/** A keyword with one text that may be given once. */
function once(name: 'chroot' | 'pidfile', what: string, doc: string): GlobalKeyword {
  return record(name, what, doc, (args, global) => {
    const text = args.next();
    if (!args.expectEnd()) return;
    if (global[name] !== undefined) args.objection(`'${name}' already specified. Continuing.`);
    else if (text === undefined) {
      args.alert(`'${name}' expects a ${name === 'chroot' ? 'directory' : 'file name'} as an argument.`);
    } else global[name] = text;
  });
}

function setId(args: ArgumentReader, global: GlobalConfig, field: 'uid' | 'gid'): void {
  if (!args.expectAtMost(1)) return;
  const text = args.next();
  // 0 is what these fields start with for HAProxy: only another value counts as set.
  if (global[field]) {
    args.objection(`${field === 'uid' ? 'user/uid' : 'group/gid'} already specified. Continuing.`);
    return;
  }
  if (text === undefined) {
    args.alert(`'${field}' expects an integer argument.`);
    return;
  }
  const value = leadingInteger(text);
  if (String(value) !== text) {
    args.warning(
      ` ${field}: string '${text}' is not a number.\n   | You might want to use the '${field === 'uid' ? 'user' : 'group'}' parameter to use a system ${field === 'uid' ? 'user' : 'group'} name.`,
    );
    return;
  }
  global[field] = value;
}

const nodeName = /^[A-Za-z0-9._-]+$/;

registerKeywords(
  once(
    'chroot',
    '<jail dir>',
    'The directory that becomes the root of the file system once everything is open.',
  ),
  once('pidfile', '<pidfile>', 'Where the number of the process is written.'),
  globalFlag({ name: 'daemon', doc: 'Goes to the background.' }, ({ target }) => {
    target.daemon = true;
  }),
  record('uid', '<number>', 'The user the process runs as, by number.', (args, g) => setId(args, g, 'uid')),
  record('gid', '<number>', 'The group the process runs as, by number.', (args, g) => setId(args, g, 'gid')),
  record('user', '<user name>', 'The user the process runs as, by name.', (args, global) => {
    const name = args.next() ?? '';
    if (!args.expectEnd()) return;
    if (global.uid) {
      args.objection('user/uid already specified. Continuing.');
      return;
    }
    const user = findUser(name);
    if (user === undefined) {
      args.alert(`cannot find user id for '${name}' (0:Success)`);
      return;
    }
    global.user = name;
    global.uid = user.uid;
  }),
  record('group', '<group name>', 'The group the process runs as, by name.', (args, global) => {
    const name = args.next() ?? '';
    if (!args.expectEnd()) return;
    if (global.gid) {
      args.objection('gid/group was already specified. Continuing.');
      return;
    }
    const gid = findGroup(name);
    if (gid === undefined) {
      args.alert(`cannot find group id for '${name}' (0:Success)`);
      return;
    }
    global.group = name;
    global.gid = gid;
  }),
  record('nbproc', '', 'Refused as HAProxy 2.6 refuses it.', (args) => {
    args.rest();
    args.alert(
      'nbproc is not supported any more since HAProxy 2.5. Threads will automatically be used on multi-processor machines if available.',
      "remove the line, or write 'nbthread <number>'",
    );
  }),
  record('node', '<name>', 'A name for this machine, for statistics.', (args, global) => {
    const name = args.next() ?? '';
    if (!args.expectEnd()) return;
    if (!nodeName.test(name)) {
      args.say(
        'alert',
        `parsing ${args.place}: 'node' requires valid node name - non-empty string with digits(0-9), letters(A-Z, a-z), dot(.), hyphen(-) or underscode(_).`,
      );
      return;
    }
    global.node = name;
  }),
  record('description', '<text>', 'A text for statistics.', (args, global) => {
    const words = args.rest();
    if (words.length === 0) {
      args.say('alert', `parsing ${args.place}: 'description' expects a string argument.`);
      return;
    }
    global.description = words.join(' ');
  }),
  record(
    'hard-stop-after',
    '<time>',
    'How long a soft stop may take before everything is cut.',
    (args, global) => {
      global.hardStopAfterMs = globalTimeMs(args) ?? global.hardStopAfterMs;
    },
  ),
  record(
    'grace',
    '<time>',
    'How long listeners stay open once a soft stop was asked for.',
    (args, global) => {
      global.graceMs = globalTimeMs(args) ?? global.graceMs;
    },
  ),
  record(
    'close-spread-time',
    '<time>',
    'Over what time idle connections are closed in a soft stop.',
    (args, global) => {
      if (args.take('infinite') !== undefined) {
        global.closeSpreadTimeMs = Number.POSITIVE_INFINITY;
        return;
      }
      global.closeSpreadTimeMs = globalTimeMs(args) ?? global.closeSpreadTimeMs;
    },
  ),
  globalFlag(
    { name: 'set-dumpable', doc: 'Lets the process dump core although it changed its user.' },
    ({ target, negated }) => {
      target.setDumpable = !negated;
    },
    true,
  ),
  globalFlag({ name: 'quiet', doc: 'Says nothing at start.' }, ({ target }) => {
    target.quiet = true;
  }),
  globalFlag({ name: 'zero-warning', doc: 'Refuses to start where there is a warning.' }, ({ target }) => {
    target.zeroWarning = true;
  }),
  globalFlag(
    { name: 'insecure-fork-wanted', doc: 'Says that the process starts programs, as external checks do.' },
    ({ target, negated }) => {
      processFacet.of(target).allowsFork = !negated;
    },
    true,
  ),
  globalFlag({ name: 'external-check', doc: 'Allows health checks to be programs.' }, ({ target }) => {
    processFacet.of(target).externalCheck = true;
  }),
  globalFlag(
    {
      name: 'insecure-setuid-wanted',
      doc: 'Lets programs that the process starts gain privileges by their set-user-id bit.',
    },
    ({ target, negated }) => {
      processFacet.of(target).allowsSetuid = !negated;
    },
  ),
  record(
    'expose-experimental-directives',
    '',
    'Allows directives that HAProxy calls experimental.',
    (args, global) => {
      args.rest();
      processFacet.of(global).experimentalDirectives = true;
    },
  ),
  {
    scope: 'global',
    name: 'localpeer',
    syntax: '<name>',
    doc: 'The name of this process among peers. Default: the host name.',
    manual: '3.1',
    parse: ({ args, target, reading }) => {
      const name = args.next();
      if (!args.expectEnd()) return;
      if (name === undefined) {
        args.alert("'localpeer' expects a name as an argument.");
        return;
      }
      processFacet.of(target).localPeer = name;
      reading.environment.set('HAPROXY_LOCALPEER', name);
    },
  },
  {
    scope: 'global',
    name: 'default-path',
    syntax: '{ current | config | parent | origin <path> }',
    doc: 'Where relative names of files in the configuration start. Default: current.',
    manual: '3.1',
    parse: ({ args, reading }) => {
      const mode = args.next() ?? '';
      if (mode === 'current' || mode === 'config' || mode === 'parent') {
        if (args.expectEnd()) reading.setDefaultPath({ kind: mode });
        return;
      }
      if (mode === 'origin') {
        const path = args.next();
        if (path === undefined) args.alert("'default-path origin' expects a directory as an argument.");
        else if (args.expectEnd()) reading.setDefaultPath({ kind: 'origin', path });
        return;
      }
      args.alert(
        `${mode === '' ? 'missing' : 'unsupported'} default-path mode '${mode}' for 'default-path', supported modes include 'current', 'config', 'parent', and 'origin'.`,
      );
    },
  },
);
