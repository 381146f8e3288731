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
  for (const line of config.split('\n')) {
    const words = line.trim().split(/\s+/);
    const [first, second] = words;
    let list: string | undefined;
    if (first === 'bind') list = second;
    else if ((first === 'listen' || first === 'frontend') && /:\d+$/.test(words[2] ?? '')) list = words[2];
    if (list === undefined || /\bnamespace\b/.test(line)) continue;
    for (const address of list.split(',')) addAddress(address, tcp, unix);
  }
  return { tcp, unix };
}

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
