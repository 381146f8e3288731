// Owns: the ordinary clients of the soak, whose every request must be answered rightly while others misbehave.
// Must not: forgive anything: node:http with kept connections, every byte of every body compared.
import { Agent, type RequestOptions, request } from 'node:http';
import type { Random } from './random.ts';
import type { Address } from './soak-connection.ts';
import { goodBody } from './soak-server.ts';

/** More than any ordinary request may take, stalled neighbours or not. */
const ANSWER_LIMIT_MS = 10_000;

export class GoodClient {
  answered = 0;
  readonly failures: string[] = [];
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  private readonly address: Address;
  private readonly random: Random;

  constructor(address: Address, random: Random) {
    this.address = address;
    this.random = random;
  }

  async once(): Promise<void> {
    const { random } = this;
    const sizeBytes = random.chance(0.1) ? random.integer(50_000, 500_000) : random.integer(0, 2000);
    const fill = random.integer(0, 0x7fff);
    const body = goodBody(sizeBytes, fill);
    const isUpload = random.chance(0.4);
    const isChunked = random.chance(0.5);
    const path = isUpload
      ? '/good/echo'
      : `/good/body?bytes=${sizeBytes}&fill=${fill}${isChunked ? '&chunked=1' : ''}`;
    const options: RequestOptions = {
      ...this.address,
      path,
      method: isUpload ? 'POST' : 'GET',
      // Now and then a connection of its own.
      agent: random.chance(0.2) ? false : this.agent,
      ...(isUpload && !isChunked ? { headers: { 'Content-Length': sizeBytes } } : {}),
    };
    const what = `${options.method} ${path} (${sizeBytes} bytes${isChunked ? ', chunked' : ''})`;
    try {
      const answer = await exchange(options, isUpload ? body : undefined);
      if (answer.status !== 200) this.failures.push(`${what}: status ${answer.status}`);
      else if (!answer.body.equals(body))
        this.failures.push(`${what}: ${answer.body.length} bytes, not the right ones`);
      else this.answered++;
    } catch (error) {
      this.failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  close(): void {
    this.agent.destroy();
  }
}

async function exchange(
  options: RequestOptions,
  upload: Buffer | undefined,
): Promise<{ status: number; body: Buffer }> {
  return await new Promise((resolve, reject) => {
    const outgoing = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', finish(reject));
      response.on('end', () =>
        finish(resolve)({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }),
      );
    });
    const timer = setTimeout(
      () => outgoing.destroy(new Error(`no answer in ${ANSWER_LIMIT_MS} ms`)),
      ANSWER_LIMIT_MS,
    );
    function finish<T>(settle: (value: T) => void): (value: T) => void {
      return (value) => {
        clearTimeout(timer);
        settle(value);
      };
    }
    outgoing.on('error', finish(reject));
    if (upload === undefined || upload.length === 0) outgoing.end();
    else {
      const half = upload.length >> 1;
      outgoing.write(upload.subarray(0, half));
      outgoing.end(upload.subarray(half));
    }
  });
}
