/**
 * Global `unix-bind`: what unix listeners written after it start with.
 * Specification: configuration manual 3.1.
 */
import { Facet } from '../facet.ts';
import { registerKeywords } from '../keyword.ts';
import { findGroup, findUser } from '../system-accounts.ts';
import { leadingInteger } from '../time-and-size.ts';

export interface UnixBindDefaults {
  prefix: string;
  mode: number | undefined;
  uid: number | undefined;
  gid: number | undefined;
}

export const unixBind = new Facet<UnixBindDefaults>('global.unix-bind', () => ({
  prefix: '',
  mode: undefined,
  uid: undefined,
  gid: undefined,
}));

registerKeywords({
  scope: 'global',
  name: 'unix-bind',
  syntax: '[ prefix <prefix> ] [ mode <mode> ] [ user <user> ] [ uid <uid> ] [ group <group> ] [ gid <gid> ]',
  doc: 'Path prefix, permissions and owner of unix sockets in `bind` lines that follow.',
  manual: '3.1',
  parse: ({ args, target }) => {
    const defaults = unixBind.of(target);
    while (!args.done) {
      const name = args.next()!;
      if (!['prefix', 'mode', 'user', 'uid', 'group', 'gid'].includes(name)) {
        args.alert(
          "'unix-bind' only supports the 'prefix', 'mode', 'uid', 'gid', 'user' and 'group' options.",
        );
        return;
      }
      const value = args.next() ?? '';
      switch (name) {
        case 'prefix':
          defaults.prefix = value;
          break;
        case 'mode':
          defaults.mode = Number.parseInt(value, 8) || 0;
          break;
        case 'uid':
          defaults.uid = leadingInteger(value);
          break;
        case 'gid':
          defaults.gid = leadingInteger(value);
          break;
        case 'user': {
          const user = findUser(value);
          if (user === undefined) args.alert(`'unix-bind' : '${value}' unknown user.`);
          else defaults.uid = user.uid;
          break;
        }
        default: {
          const gid = findGroup(value);
          if (gid === undefined) args.alert(`'unix-bind' : '${value}' unknown group.`);
          else defaults.gid = gid;
        }
      }
    }
  },
});
