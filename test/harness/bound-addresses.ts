// Finds in a configuration's text what the program will listen on, so that a scenario can wait until it does without
// connecting (a connection would be seen in logs and counters). It understands the plain `bind` forms of the tests;
// what it cannot read (`fd@`, variables) it leaves out.

export interface ExpectedListeners {
  readonly tcp: readonly { readonly host: string; readonly port: number }[];
  readonly unix: readonly string[];
}

export function expectedListeners(config: string): ExpectedListeners {
  const tcp: { host: string; port: number }[] = [];
  const unix: string[] = [];
  /** The name of the current `listen` section, which is where it listens as long as no `bind` is found. */
  let name: string | undefined;
  for (const line of config.split('\n')) {
    const words = line
      .replace(/(^|\s)#.*/, '')
      .trim()
      .split(/\s+/);
    const [first = '', second, third] = words;
    let list: string | undefined;
    if (SECTIONS.has(first)) {
      if (name !== undefined) addAddress(name, tcp, unix);
      name = first === 'listen' && /:\d+$/.test(second ?? '') ? second : undefined;
      if (first !== 'backend' && /:\d+$/.test(third ?? '')) list = third;
    } else if (first === 'bind') list = second;
    if (list === undefined) continue;
    name = undefined;
    if (/\bnamespace\b/.test(line)) continue;
    for (const address of list.split(',')) addAddress(address, tcp, unix);
  }
  if (name !== undefined) addAddress(name, tcp, unix);
  return { tcp, unix };
}

const SECTIONS = new Set(['global', 'defaults', 'frontend', 'listen', 'backend']);

function addAddress(text: string, tcp: { host: string; port: number }[], unix: string[]): void {
  if (/^["']|\$\{|^fd@|^sockpair@/.test(text)) return;
  const abstract = /^abns@(.*)$/.exec(text);
  if (abstract !== null) {
    unix.push(`@${abstract[1]}`);
    return;
  }
  const path = /^(?:unix@)?(\/.*)$/.exec(text);
  if (path?.[1] !== undefined) {
    unix.push(path[1]);
    return;
  }
  const plain = text.replace(/^(?:ipv4|ipv6)@/, '');
  const match = /^(.*):(\d+)(?:-(\d+))?$/.exec(plain);
  if (match === null) return;
  const [, hostText = '', low = '', high] = match;
  const host = hostText.replace(/^\[(.*)\]$/, '$1');
  for (const port of new Set([Number(low), Number(high ?? low)])) tcp.push({ host, port });
}
