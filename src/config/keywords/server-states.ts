/**
 * What changes the state of a server beside its own checks, and what a change does: options of a server line.
 * Specification: configuration manual 5.2 `track`, `observe`, `error-limit`, `on-error`, `on-marked-down`,
 * `on-marked-up`, `slowstart`; wording of errors as HAProxy 2.6 gives them.
 */
import { registerKeywords, type ServerKeyword } from '../keyword.ts';
import type { OnError, ServerConfig } from '../model.ts';
import { leadingInteger, parseTime } from '../time-and-size.ts';

const OBSERVED = ['none', 'layer4', 'layer7'] as const;
const ON_ERROR: readonly OnError[] = ['fastinter', 'fail-check', 'sudden-death', 'mark-down'];

function option(name: string, syntax: string, doc: string, parse: ServerKeyword['parse']): ServerKeyword {
  return { scope: 'server', name, syntax, doc, manual: '5.2', parse };
}

/** An option that knows a single word. */
function action(name: string, word: string, doc: string, set: (server: ServerConfig) => void): ServerKeyword {
  return option(name, word, doc, ({ args, target }) => {
    const text = args.next() ?? '';
    if (text === word) set(target);
    else args.alert(`'${name}' expects '${word}' but got '${text}'.`);
  });
}

registerKeywords(
  option('track', '[<proxy>/]<server>', 'The state of that server is this one’s too.', ({ args, target }) => {
    const text = args.next();
    if (text === undefined) args.alert("'track' expects [<proxy>/]<server> as argument..");
    else target.track = text;
  }),
  option(
    'observe',
    '{ none | layer4 | layer7 }',
    'Watches the traffic for signs that the server is in trouble. Needs `check`. Default: none.',
    ({ args, target, configuration }) => {
      const text = args.next();
      const mode = OBSERVED.find((known) => known === text);
      if (text === undefined) args.alert("'observe' expects <mode> as argument..");
      else if (mode === undefined) {
        args.alert(`'observe' expects one of 'none', 'layer4', 'layer7' but got '${text}'.`);
      } else if (mode === 'layer7' && configuration.proxies.at(-1)?.mode !== 'http') {
        args.warning("'layer7' can only be used in http proxies..");
      } else target.observe = mode;
    },
  ),
  option(
    'error-limit',
    '<count>',
    'Errors in a row that `on-error` waits for. Default: 10.',
    ({ args, target }) => {
      const text = args.next();
      const count = leadingInteger(text ?? '');
      if (text === undefined) args.alert("'error-limit' expects an integer argument..");
      else if (count <= 0) args.alert('error-limit has to be > 0..');
      else target.errorLimit = count;
    },
  ),
  option(
    'on-error',
    `{ ${ON_ERROR.join(' | ')} }`,
    'What so many errors in a row are taken for. Default: fail-check.',
    ({ args, target }) => {
      const text = args.next() ?? '';
      const mode = ON_ERROR.find((known) => known === text);
      if (mode !== undefined) target.onError = mode;
      else {
        args.alert(
          `'on-error' expects one of 'fastinter', 'fail-check', 'sudden-death' or 'mark-down' but got '${text}'.`,
        );
      }
    },
  ),
  action('on-marked-down', 'shutdown-sessions', 'Ends the sessions of a server that goes down.', (server) => {
    server.shutdownOnMarkedDown = true;
  }),
  action(
    'on-marked-up',
    'shutdown-backup-sessions',
    'Ends the sessions of all backup servers when this one comes up.',
    (server) => {
      server.shutdownBackupsOnMarkedUp = true;
    },
  ),
  option(
    'slowstart',
    '<delay>',
    'How long a server that has come up takes to get its whole weight and maxconn.',
    ({ args, target }) => {
      const text = args.next();
      if (text === undefined) {
        args.alert("unexpected character '.");
        return;
      }
      const time = parseTime(text, 'ms');
      if (time.ok) target.slowstartS = Math.ceil(time.value / 1000);
      else if (time.fault === 'character') {
        args.alert(
          `unexpected character '${time.character}' in 'slowstart' argument of server ${target.name}..`,
        );
      } else {
        args.alert(
          `overflow in argument <${text}> to <slowstart> of server ${target.name}, maximum value is 2147483647 ms (~24.8 days)..`,
        );
      }
    },
  ),
);
