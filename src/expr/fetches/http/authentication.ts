/**
 * What the client says of itself (`Authorization: Basic`, `Bearer`), and whether a userlist believes it.
 * Specification: configuration manual 7.3.6 `http_auth`; RFC 7617, RFC 6750.
 */
import { u8 } from '../../../os/arena.ts';
import { passwordMatches } from '../../../os/crypt.ts';
import { noArguments, takes, takesAtLeast, textOf } from '../../argument.ts';
import { type UserConfig, type UserlistConfig, userlistsFacet } from '../../auth/userlists.ts';
import { type EachFetch, type Fetch, registerFetches } from '../../fetch-record.ts';
import type { Linker } from '../../linker.ts';
import { latin1Text, T_BOOL, T_STR } from '../../sample.ts';
import type { Scope } from '../../scope.ts';

const AUTHORIZATION = Buffer.from('authorization', 'latin1');
const PROXY_AUTHORIZATION = Buffer.from('proxy-authorization', 'latin1');

interface Credentials {
  readonly scheme: 'Basic' | 'Bearer' | '';
  readonly user: string;
  readonly password: string;
  readonly token: string;
}
const NONE: Credentials = { scheme: '', user: '', password: '', token: '' };

function headerText(scope: Scope, name: Uint8Array): string | undefined {
  const block = scope.requestHead?.block;
  if (block === undefined) return undefined;
  const line = block.findName(u8, name);
  return line < 0 ? undefined : latin1Text(u8, block.valueStart(line), block.valueEnd(line));
}

function readCredentials(scope: Scope): Credentials {
  const target = scope.requestHead;
  if (target === null) return NONE;
  const text = headerText(scope, scope.usesProxyHeaders ? PROXY_AUTHORIZATION : AUTHORIZATION);
  const match = /^([A-Za-z]+)[ \t]+(.*)$/.exec(text ?? '');
  const scheme = match?.[1]?.toLowerCase();
  const value = match?.[2]?.trim() ?? '';
  if (scheme === 'bearer') return { ...NONE, scheme: 'Bearer', token: value };
  if (scheme !== 'basic') return NONE;
  const decoded = Buffer.from(value, 'base64').toString('latin1');
  const colon = decoded.indexOf(':');
  if (colon < 0) return NONE;
  return { ...NONE, scheme: 'Basic', user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** The user of the list that the credentials prove to be, or null. Hashes are slow on purpose: the last answer is kept. */
class Judge {
  private readonly list: UserlistConfig | undefined;
  private lastKey = '';
  private lastAnswer = false;

  constructor(name: string, linker: Linker) {
    this.list = userlistsFacet.read(linker.configuration)?.get(name);
  }

  user(scope: Scope): UserConfig | null {
    const { scheme, user, password } = readCredentials(scope);
    if (scheme !== 'Basic') return null;
    const known = this.list?.users.get(user);
    if (known === undefined || known.password === undefined) return null;
    if (!known.isHashed) return known.password === password ? known : null;
    const key = `${user}\0${password}`;
    if (key !== this.lastKey) {
      this.lastAnswer = passwordMatches(password, known.password);
      this.lastKey = key;
    }
    return this.lastAnswer ? known : null;
  }
}

function listName(args: readonly { readonly kind: string }[]): string {
  const [first] = args as readonly { readonly kind: string; readonly name?: string }[];
  return first?.name ?? '';
}

const text = (take: (credentials: Credentials) => string | undefined) => (): Fetch => (scope, sample) => {
  const value = take(readCredentials(scope));
  return value !== undefined && sample.setBytes(T_STR, Buffer.from(value, 'latin1'));
};

registerFetches(
  {
    name: 'http_auth',
    arguments: takes('user list'),
    type: T_BOOL,
    layers: ['request'],
    doc: 'The client has proved to be a user of the list.',
    manual: '7.3.6',
    link: (args, linker): Fetch => {
      const judge = new Judge(listName(args), linker);
      return (scope, sample) => scope.requestHead !== null && sample.setBool(judge.user(scope) !== null);
    },
  },
  {
    name: 'http_auth_group',
    arguments: takes('user list'),
    type: T_STR,
    layers: ['request'],
    doc: 'The groups of the user that the client has proved to be, for ACLs.',
    manual: '7.3.6',
    link: (args, linker): Fetch => {
      const judge = new Judge(listName(args), linker);
      return (scope, sample) => {
        const user = judge.user(scope);
        return user !== null && sample.setBytes(T_STR, Buffer.from(user.name, 'latin1'));
      };
    },
    linkEach: (args, linker): EachFetch => {
      const judge = new Judge(listName(args), linker);
      return (scope, sample, index) => {
        const group = judge.user(scope)?.groups[index];
        return group !== undefined && sample.setBytes(T_STR, Buffer.from(group, 'latin1'));
      };
    },
  },
  {
    name: 'http_auth_type',
    arguments: noArguments,
    type: T_STR,
    layers: ['request'],
    doc: 'The scheme: Basic or Bearer.',
    manual: '7.3.6',
    link: text(({ scheme }) => (scheme === '' ? undefined : scheme)),
  },
  {
    name: 'http_auth_user',
    arguments: noArguments,
    type: T_STR,
    layers: ['request'],
    doc: 'The name that the client gives.',
    manual: '7.3.6',
    link: text(({ scheme, user }) => (scheme === 'Basic' ? user : undefined)),
  },
  {
    name: 'http_auth_pass',
    arguments: noArguments,
    type: T_STR,
    layers: ['request'],
    doc: 'The password that the client gives.',
    manual: '7.3.6',
    link: text(({ scheme, password }) => (scheme === 'Basic' ? password : undefined)),
  },
  {
    name: 'http_auth_bearer',
    arguments: takesAtLeast(0, 'string'),
    type: T_STR,
    layers: ['request'],
    doc: 'The token of a Bearer authorization, in another header if one is named.',
    manual: '7.3.6',
    link: ([headerArgument]): Fetch => {
      const name = textOf(headerArgument);
      const header = name === undefined ? null : Buffer.from(name.toLowerCase(), 'latin1');
      return (scope, sample) => {
        let token: string | undefined;
        if (header === null) {
          const credentials = readCredentials(scope);
          token = credentials.scheme === 'Bearer' ? credentials.token : undefined;
        } else token = /^bearer[ \t]+(.*)$/i.exec(headerText(scope, header) ?? '')?.[1];
        return token !== undefined && sample.setBytes(T_STR, Buffer.from(token, 'latin1'));
      };
    },
  },
);
