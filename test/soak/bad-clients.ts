// Owns: the ways in which the soak's clients misbehave, one function each.
// Must not: check more than HAProxy promises: a function returns what it saw that must not be, or undefined.
import { pause } from './pause.ts';
import type { Random } from './random.ts';
import { type Address, SoakConnection } from './soak-connection.ts';
import { type BadKind, badKinds } from './soak-server.ts';

/** Longer than every timeout of the configuration: what is still open then was forgotten. */
export const FORGOTTEN_MS = 15_000;

export interface Targets {
  http: Address;
  tcp: Address;
}

export type Misbehaviour = (targets: Targets, random: Random) => Promise<string | undefined>;

const head = (target: string, ...headers: string[]): string =>
  `${[`GET ${target} HTTP/1.1`, 'Host: soak.example', ...headers].join('\r\n')}\r\n\r\n`;

async function open(address: Address): Promise<SoakConnection> {
  return await SoakConnection.open(address, FORGOTTEN_MS);
}

/** A header that never ends, a few bytes at a time, until the proxy has had enough. */
async function slowloris(targets: Targets, random: Random): Promise<string | undefined> {
  const connection = await open(targets.http);
  connection.write('GET /never/slow HTTP/1.1\r\nHost: soak.example\r\n');
  const limit = performance.now() + FORGOTTEN_MS;
  while (!connection.hasEnded && performance.now() < limit) {
    connection.write(`X-${random.integer(0, 9)}: `);
    await connection.ended(random.integer(20, 200));
    connection.write('a\r\n');
  }
  const { hasEnded, status } = connection;
  connection.close();
  if (!hasEnded) return 'a header that never ends was waited for without end';
  // The bytes that follow may meet the closed connection, and its reset may overtake the answer.
  return status === 408 || status === 0 ? undefined : `408 was expected for a slow header, not ${status}`;
}

async function resetInRequest(targets: Targets, random: Random): Promise<undefined> {
  const connection = await open(targets.http);
  const text = head('/never/reset', 'User-Agent: soak', 'Accept: */*');
  connection.write(text.slice(0, random.integer(1, text.length - 3)));
  await pause(random.integer(0, 50));
  connection.reset();
}

async function resetInResponse(targets: Targets, random: Random): Promise<undefined> {
  const connection = await open(targets.http);
  connection.write(head(`/good/body?bytes=${random.integer(100_000, 3_000_000)}&fill=1`));
  const wanted = random.integer(1, 200_000);
  await connection.until(() => connection.receivedBytes >= wanted || connection.hasEnded, FORGOTTEN_MS);
  if (random.chance(0.5)) connection.reset();
  else connection.close();
}

/** A client that has no more to send is still owed its response. */
async function halfClose(targets: Targets, random: Random): Promise<string | undefined> {
  const connection = await open(targets.http);
  connection.write(head(`/good/body?bytes=${random.integer(0, 50_000)}&fill=2`));
  connection.halfClose();
  const isOver = await connection.ended(FORGOTTEN_MS);
  const { status } = connection;
  connection.close();
  if (!isOver) return 'a half-closed connection was never closed';
  return status === 200 ? undefined : `200 was expected after a half-close, not ${status}`;
}

async function garbage(targets: Targets, random: Random): Promise<string | undefined> {
  const connection = await open(targets.http);
  // A control byte first, so that it is garbage whatever follows.
  connection.write(Buffer.concat([Buffer.from([0x01]), random.bytes(random.integer(1, 5000))]));
  connection.write('\r\n\r\n');
  const isOver = await connection.ended(FORGOTTEN_MS);
  const { status } = connection;
  connection.close();
  if (!isOver) return 'a connection with garbage was never closed';
  return status === 400 ? undefined : `400 was expected for garbage, not ${status}`;
}

async function pipelining(targets: Targets, random: Random): Promise<string | undefined> {
  const connection = await open(targets.http);
  const count = random.integer(2, 12);
  const sizes = Array.from({ length: count }, () => random.integer(1, 300));
  let text = '';
  for (const size of sizes) text += head(`/good/body?bytes=${size}&fill=3`);
  if (random.chance(0.3)) {
    connection.write(text);
    await pause(random.integer(0, 20));
    connection.reset();
    return undefined;
  }
  const cut = random.integer(1, text.length - 1);
  connection.write(text.slice(0, cut));
  await pause(random.integer(0, 5));
  connection.write(text.slice(cut));
  const answers = (): number => connection.text.split('HTTP/1.1 200 OK\r\n').length - 1;
  await connection.until(() => answers() >= count || connection.hasEnded, FORGOTTEN_MS);
  const found = answers();
  connection.close();
  return found === count ? undefined : `${found} of ${count} pipelined requests were answered`;
}

async function hugeHeader(targets: Targets, random: Random): Promise<string | undefined> {
  const connection = await open(targets.http);
  connection.write(head('/never/huge', `X-Huge: ${'x'.repeat(random.integer(20_000, 200_000))}`));
  const isOver = await connection.ended(FORGOTTEN_MS);
  const { status } = connection;
  connection.close();
  if (!isOver) return 'a connection with a huge header was never closed';
  // As above: a reset may overtake the answer.
  return status === 400 || status === 0 ? undefined : `400 was expected for a huge header, not ${status}`;
}

async function abortedUpload(targets: Targets, random: Random): Promise<undefined> {
  const connection = await open(targets.http);
  const isChunked = random.chance(0.5);
  const framing = isChunked ? 'Transfer-Encoding: chunked' : 'Content-Length: 1000000';
  const expect = random.chance(0.3) ? 'Expect: 100-continue\r\n' : '';
  connection.write(`POST /good/echo HTTP/1.1\r\nHost: soak.example\r\n${expect}${framing}\r\n\r\n`);
  const sizeBytes = random.integer(1, 300_000);
  if (isChunked) connection.write(`${(sizeBytes + 10).toString(16)}\r\n`);
  connection.write(Buffer.alloc(sizeBytes, 0x61));
  await pause(random.integer(0, 100));
  if (random.chance(0.4)) connection.reset();
  else if (random.chance(0.5)) connection.close();
  else {
    connection.halfClose();
    await connection.ended(FORGOTTEN_MS);
    connection.close();
  }
}

async function upgrade(targets: Targets, random: Random): Promise<string | undefined> {
  const connection = await open(targets.http);
  const target = random.chance(0.3) ? '/bad/upgrade-reset' : '/good/upgrade';
  connection.write(head(target, 'Connection: Upgrade', 'Upgrade: echo'));
  await connection.until(() => connection.status !== 0 || connection.hasEnded, FORGOTTEN_MS);
  if (connection.status !== 101) {
    const { status } = connection;
    connection.close();
    return `101 was expected for an upgrade, not ${status}`;
  }
  const before = connection.receivedBytes;
  const sent = random.integer(1, 100_000);
  connection.write(Buffer.alloc(sent, 0x62));
  if (target === '/bad/upgrade-reset') {
    const isOver = await connection.ended(FORGOTTEN_MS);
    connection.close();
    return isOver ? undefined : 'a tunnel whose server has reset was never closed';
  }
  await connection.until(
    () => connection.receivedBytes - before >= sent || connection.hasEnded,
    FORGOTTEN_MS,
  );
  const echoed = connection.receivedBytes - before;
  if (random.chance(0.3)) connection.reset();
  else if (random.chance(0.5)) connection.close();
  else {
    connection.halfClose();
    await connection.ended(FORGOTTEN_MS);
    connection.close();
  }
  return echoed === sent ? undefined : `${echoed} of ${sent} bytes came back through a tunnel`;
}

/** Connects and says nothing, or one request and then nothing. */
async function idle(targets: Targets, random: Random): Promise<string | undefined> {
  const connection = await open(targets.http);
  if (random.chance(0.5)) {
    connection.write(head('/good/body?bytes=10&fill=4'));
    await connection.until(() => connection.status === 200 || connection.hasEnded, FORGOTTEN_MS);
  }
  if (random.chance(0.5)) await pause(random.integer(0, 500));
  else if (!(await connection.ended(FORGOTTEN_MS))) {
    connection.close();
    return 'an idle connection was never closed';
  }
  connection.close();
}

/** Asks for a large body and does not read it, for a while or for good. */
async function deafReader(targets: Targets, random: Random): Promise<undefined> {
  const connection = await open(targets.http);
  connection.socket.pause();
  connection.write(head('/good/body?bytes=3000000&fill=5'));
  await pause(random.integer(50, 3000));
  if (random.chance(0.5)) {
    connection.socket.resume();
    await connection.until(() => connection.receivedBytes > 3_000_000 || connection.hasEnded, FORGOTTEN_MS);
  }
  connection.close();
}

const malformed: readonly string[] = [
  'GET /never/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!',
  'GET /never/b HTTP/1.1\r\nHost: a\r\nContent-Length: five\r\n\r\nhello',
  'GET /never/c HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n',
  'GET /never/d HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n',
  'GET /never/e HTTP/1.1\r\nHost: a\r\n: empty\r\n\r\n',
  'GET /never/f HTTP/1.1\r\nHost: a\r\nX\0Y: nul\r\n\r\n',
  'GET /never/g HTTP/1.1\r\nHost : a\r\n\r\n',
  'G@T /never/h HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /never/i\x01 HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /never/j HTTP/x.y\r\nHost: a\r\n\r\n',
  'POST /never/k HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n',
];

async function malformedRequest(targets: Targets, random: Random): Promise<string | undefined> {
  const connection = await open(targets.http);
  const text = random.pick(malformed);
  const cut = random.integer(1, text.length - 1);
  connection.write(Buffer.from(text.slice(0, cut), 'latin1'));
  if (random.chance(0.5)) await pause(random.integer(0, 5));
  connection.write(Buffer.from(text.slice(cut), 'latin1'));
  const isOver = await connection.ended(FORGOTTEN_MS);
  const { status } = connection;
  connection.close();
  if (!isOver) return `a malformed request was left without an end: ${JSON.stringify(text)}`;
  return status >= 400 && status < 600 ? undefined : `${status} for ${JSON.stringify(text)}`;
}

/** What a client sees when the server fails it; 200 where the failure comes after the head. */
const expectedOf: Record<BadKind, readonly number[]> = {
  reset: [502],
  close: [502],
  'reset-in-head': [502],
  'reset-in-body': [200, 502],
  truncate: [200],
  'truncate-chunked': [200],
  stall: [504],
  'stall-in-body': [200],
  nonsense: [502],
  'huge-head': [502],
  'bad-length': [502],
  'bad-chunk': [200, 502],
  drip: [200],
  early: [413],
  informational: [200],
};

async function badServer(targets: Targets, random: Random): Promise<string | undefined> {
  const connection = await open(targets.http);
  const kind = random.pick(badKinds);
  if (kind === 'early') {
    connection.write('POST /bad/early HTTP/1.1\r\nHost: soak.example\r\nContent-Length: 100000\r\n\r\n');
    connection.write(Buffer.alloc(100, 0x63));
  } else connection.write(head(`/bad/${kind}`, 'Connection: close'));
  if (random.chance(0.15)) {
    await pause(random.integer(0, 30));
    connection.reset();
    return undefined;
  }
  const isOver = await connection.ended(FORGOTTEN_MS);
  const { status } = connection;
  connection.close();
  if (!isOver) return `the answer to /bad/${kind} never ended`;
  const expected = expectedOf[kind];
  return expected.includes(status)
    ? undefined
    : `/bad/${kind}: ${expected.join(' or ')} expected, not ${status}`;
}

/** The same through the TCP frontend, where nothing is understood and everything must come back. */
async function rawTcp(targets: Targets, random: Random): Promise<string | undefined> {
  const connection = await open(targets.tcp);
  const sent = random.integer(1, 200_000);
  connection.write(random.chance(0.5) ? random.bytes(sent) : Buffer.alloc(sent, 0x64));
  if (random.chance(0.3)) {
    await pause(random.integer(0, 30));
    connection.reset();
    return undefined;
  }
  if (random.chance(0.2)) connection.socket.pause();
  if (random.chance(0.2)) await pause(random.integer(0, 1000));
  connection.socket.resume();
  connection.halfClose();
  const isOver = await connection.ended(FORGOTTEN_MS);
  const { receivedBytes } = connection;
  connection.close();
  if (!isOver) return 'a TCP connection closed by both ends stayed open';
  return receivedBytes === sent ? undefined : `${receivedBytes} of ${sent} bytes came back over TCP`;
}

async function connectAndReset(targets: Targets, random: Random): Promise<undefined> {
  const connection = await open(random.chance(0.5) ? targets.http : targets.tcp);
  connection.reset();
}

export const misbehaviours: readonly Misbehaviour[] = [
  slowloris,
  resetInRequest,
  resetInResponse,
  halfClose,
  garbage,
  pipelining,
  hugeHeader,
  abortedUpload,
  upgrade,
  idle,
  deafReader,
  malformedRequest,
  malformedRequest,
  badServer,
  badServer,
  badServer,
  rawTcp,
  connectAndReset,
];
