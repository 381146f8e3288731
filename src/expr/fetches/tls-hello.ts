/** What a TLS client says before anything is encrypted, for connections that are passed on. Specification: configuration manual 7.3.5. */
import { u8 } from '../../os/arena.ts';
import {
  ClientHello,
  EXTENSION_ALPN,
  EXTENSION_SESSION_TICKET,
  EXTENSION_SUPPORTED_GROUPS,
  HELLO_MORE,
  HELLO_READ,
} from '../../protocol/tls/client-hello.ts';
import { noArguments } from '../argument.ts';
import { type FetchRecord, registerFetches } from '../fetch-record.ts';
import { type Sample, type SampleType, T_BOOL, T_INT, T_STR } from '../sample.ts';
import type { Scope } from '../scope.ts';
import { nextScratch } from '../scratch.ts';

const COMMA = 44;
const CLIENT_HELLO = 1;
const hello = new ClientHello();

/** Whether there is a hello; more bytes may show one otherwise. */
function reads(scope: Scope, sample: Sample): boolean {
  const window = scope.rawRequest;
  if (window === null) return false;
  const verdict = hello.read(u8, window.head, window.tail);
  if (verdict === HELLO_MORE) sample.mayChange = true;
  return verdict === HELLO_READ;
}

function readsClient(scope: Scope, sample: Sample): boolean {
  return reads(scope, sample) && hello.type === CLIENT_HELLO;
}

function fetches(
  names: readonly string[],
  type: SampleType,
  doc: string,
  fetch: (scope: Scope, sample: Sample) => boolean,
): FetchRecord[] {
  return names.map((name) => ({
    name,
    arguments: noArguments,
    type,
    layers: ['requestBuffer'] as const,
    doc,
    manual: '7.3.5',
    link: () => fetch,
  }));
}

/** 0: not sent; 1: asked for with nothing in it; 2: sent with a ticket. */
function ticketState(): number {
  if (!hello.findExtension(u8, EXTENSION_SESSION_TICKET)) return 0;
  return hello.extensionEnd > hello.extensionStart ? 2 : 1;
}

registerFetches(
  ...fetches(
    ['req.ssl_hello_type', 'req_ssl_hello_type'],
    T_INT,
    "1 for a client's hello, 2 for a server's.",
    (scope, sample) => reads(scope, sample) && sample.setInt(hello.type),
  ),
  ...fetches(
    ['req.ssl_sni', 'req_ssl_sni'],
    T_STR,
    'The name of the server that a TLS client asks for.',
    (scope, sample) =>
      readsClient(scope, sample) &&
      hello.findServerName(u8) &&
      sample.setString(u8, hello.extensionStart, hello.extensionEnd),
  ),
  ...fetches(
    ['req.ssl_ver', 'req_ssl_ver'],
    T_INT,
    'The version of TLS that the client names: major times 65536 plus minor.',
    (scope, sample) => reads(scope, sample) && sample.setInt(hello.version),
  ),
  ...fetches(
    ['req.ssl_alpn'],
    T_STR,
    'The protocols that the client offers, with commas in between.',
    (scope, sample) =>
      readsClient(scope, sample) && hello.findExtension(u8, EXTENSION_ALPN) && setAlpn(sample),
  ),
  ...fetches(
    ['req.ssl_ec_ext'],
    T_BOOL,
    'Whether the client names elliptic curves.',
    (scope, sample) =>
      readsClient(scope, sample) && sample.setBool(hello.findExtension(u8, EXTENSION_SUPPORTED_GROUPS)),
  ),
  ...fetches(
    ['req.ssl_st_ext'],
    T_INT,
    'Session tickets: 0 not supported, 1 supported, 2 one was sent.',
    (scope, sample) => readsClient(scope, sample) && sample.setInt(ticketState()),
  ),
);

/** Names in the extension have a length byte each in front: in the text that stands for it there are commas. */
function setAlpn(sample: Sample): boolean {
  const area = nextScratch();
  let length = 0;
  for (let at = hello.extensionStart + 2; at < hello.extensionEnd; ) {
    const to = at + 1 + (u8[at] as number);
    if (to > hello.extensionEnd) return false;
    if (length > 0) area[length++] = COMMA;
    for (at++; at < to; at++) area[length++] = u8[at] as number;
  }
  return sample.setString(area, 0, length);
}
