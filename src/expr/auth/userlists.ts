/**
 * Lists of users with their groups and passwords (`userlist`). Specification: configuration manual 3.4 (userlists);
 * wording of messages as HAProxy 2.6.
 */

import type { ArgumentReader } from '../../config/argument-reader.ts';
import { Facet } from '../../config/facet.ts';
import { registerCheck, registerSection, type SectionContext } from '../../config/keyword.ts';
import { canCrypt } from '../../os/crypt.ts';

export interface UserConfig {
  readonly name: string;
  /** Undefined: nobody can log in as this user. */
  readonly password: string | undefined;
  /** The password is a crypt(3) hash. */
  readonly isHashed: boolean;
  readonly groups: string[];
}

export interface UserlistConfig {
  readonly name: string;
  readonly users: Map<string, UserConfig>;
  /** Groups with the users that their lines name. */
  readonly groups: Map<string, string[]>;
}

export const userlistsFacet = new Facet('userlists', () => new Map<string, UserlistConfig>());

function readGroup(args: ArgumentReader, list: UserlistConfig): void {
  const name = args.next();
  if (name === undefined) {
    args.say('alert', `parsing ${args.place}: 'group' expects <name> as arguments.`);
    return;
  }
  const users: string[] = [];
  while (!args.done) {
    if (args.take('users') === undefined) {
      args.say('alert', `parsing ${args.place}: 'group' only supports 'users' option.`);
      return;
    }
    users.push(...(args.next() ?? '').split(',').filter((each) => each !== ''));
  }
  if (list.groups.has(name)) {
    args.say(
      'warning',
      `parsing ${args.place}: ignoring duplicated group '${name}' in userlist '${list.name}'.`,
    );
  } else list.groups.set(name, users);
}

function readUser(args: ArgumentReader, list: UserlistConfig): void {
  const name = args.next();
  if (name === undefined) {
    args.say('alert', `parsing ${args.place}: 'user' expects <name> as arguments.`);
    return;
  }
  let password: string | undefined;
  let isHashed = false;
  const groups: string[] = [];
  while (!args.done) {
    const word = args.next();
    if (word === 'password' || word === 'insecure-password') {
      password = args.next();
      isHashed = word === 'password';
    } else if (word === 'groups') {
      groups.push(...(args.next() ?? '').split(',').filter((each) => each !== ''));
    } else {
      args.say(
        'alert',
        `parsing ${args.place}: 'user' only supports 'password', 'insecure-password' and 'groups' options.`,
      );
      return;
    }
  }
  if (isHashed && !canCrypt()) {
    args.alert(`'user' : hashed passwords need libcrypt.so.1, which this system does not have.`);
  }
  if (list.users.has(name)) {
    args.say(
      'warning',
      `parsing ${args.place}: ignoring duplicated user '${name}' in userlist '${list.name}'.`,
    );
  } else list.users.set(name, { name, password, isHashed, groups });
}

registerSection({
  name: 'userlist',
  doc: 'Users with their passwords and groups, for `http_auth`.',
  manual: '3.4',
  open: ({ args, configuration }) => {
    const name = args.next();
    const list: UserlistConfig = { name: name ?? '', users: new Map(), groups: new Map() };
    const lists = userlistsFacet.of(configuration);
    if (name === undefined)
      args.say('alert', `parsing ${args.place}: 'userlist' expects <name> as arguments.`);
    else if (!args.done) args.alert(`'userlist' cannot handle unexpected argument '${args.peek()}'.`);
    else if (lists.has(name))
      args.say('warning', `parsing ${args.place}: ignoring duplicated userlist '${name}'.`);
    else lists.set(name, list);
    return {
      keywords: ['group', 'user'],
      line: ({ args: line }: SectionContext) => {
        const keyword = line.next();
        if (keyword === 'group') readGroup(line, list);
        else if (keyword === 'user') readUser(line, list);
        else line.say('alert', `parsing ${line.place}: unknown keyword '${keyword}' in 'users' section`);
      },
    };
  },
});

registerCheck((configuration, report) => {
  for (const list of userlistsFacet.read(configuration)?.values() ?? []) {
    for (const [group, users] of list.groups) {
      for (const name of users) {
        const user = list.users.get(name);
        if (user === undefined) {
          report.alert(`userlist '${list.name}': no such user '${name}' specified in group '${group}'`);
        } else if (!user.groups.includes(group)) user.groups.push(group);
      }
    }
    for (const user of list.users.values()) {
      for (const group of user.groups) {
        if (list.groups.has(group)) continue;
        report.alert(`userlist '${list.name}': no such group '${group}' specified in user '${user.name}'`);
      }
    }
  }
});
