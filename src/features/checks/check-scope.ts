/**
 * What expressions see during one run of a check: its server, its variables, and what the server has answered. There is
 * no client and no frontend; what they would tell has no value.
 * Specification: configuration manual 4.2 `http-check set-var`; what is there was found by watching HAProxy 2.6.
 */
import { hostname } from 'node:os';
import { EmptyScope, EmptySession } from '../../expr/empty-scope.ts';
import { LogProcess, LogRecord } from '../../expr/log-format/log-record.ts';
import { type Sample, T_BIN } from '../../expr/sample.ts';
import { type BodyScope, type ExchangeScope, NO_RESPONSE } from '../../expr/scope.ts';
import { Variables } from '../../expr/variables.ts';
import { bytes, reserve, u8 } from '../../os/arena.ts';
import type { ByteWindow } from '../../protocol/http1/body-scanner.ts';
import { COMPLETE } from '../../protocol/http1/head-parser.ts';
import { HeaderBlock, noEdits } from '../../protocol/http1/header-block.ts';
import { ResponseParser } from '../../protocol/http1/response-parser.ts';
import { SocketAddress } from '../../protocol/socket-address.ts';
import { readResponse } from './http-response.ts';
import type { ServerHealth } from './server-health.ts';

/** Where an answer lies while expressions are evaluated: one place for all checks, which never do that at once. */
const LONGEST_ANSWER_BYTES = 1 << 18;
const NOTHING = new Uint8Array(0);
let area = -1;

/** What HAProxy calls the frontend of checks in logs. */
const FRONTEND_NAME = Buffer.from('CHECKS-FE', 'latin1');
const logProcess = new LogProcess();
logProcess.pid = process.pid;
logProcess.hostname = Buffer.from(hostname(), 'latin1');

/** The server that is checked. */
export interface CheckPlace {
  readonly proxyIndex: number;
  /** Position in its backend. */
  readonly position: number;
  readonly backendName: string;
  readonly serverName: string;
  readonly isHttp: boolean;
  readonly address: SocketAddress;
  readonly maxHeaders: number;
}

export class CheckScope extends EmptyScope {
  readonly #place: CheckPlace;
  readonly #parser: ResponseParser;
  readonly #window = { head: 0, ready: 0, tail: 0, floor: 0, limit: 0 };
  #hasHead = false;
  readonly #body = new CheckBody();
  override readonly exchange: ExchangeScope;
  readonly checkVariables = new Variables();
  /** A check is a session of its own, which begins with it. */
  override readonly sessionScope = new EmptySession();

  constructor(place: CheckPlace) {
    super();
    this.#place = place;
    this.#parser = new ResponseParser(new HeaderBlock(place.maxHeaders, noEdits));
    this.exchange = {
      backendIndex: place.proxyIndex,
      serverPosition: place.position,
      priorityClass: 0,
      priorityOffsetMs: 0,
      currentServerTimeoutMs: 0,
      currentTunnelTimeoutMs: 0,
      lastRule: null,
      uniqueId: () => null,
      captures: null,
      requestLine: NOTHING,
      requestLineLength: 0,
      responseVersion: NO_RESPONSE,
    };
  }

  /** For a new run. */
  begin(): void {
    this.checkVariables.clear();
    this.sessionScope.variables.clear();
  }

  /** Has expressions see this answer (latin1), until another check evaluates some. */
  see(received: string): void {
    if (area < 0) area = reserve(LONGEST_ANSWER_BYTES);
    const end = area + bytes.write(received, area, LONGEST_ANSWER_BYTES, 'latin1');
    const window = this.#window;
    window.head = area;
    window.ready = end;
    window.tail = end;
    window.floor = area;
    window.limit = area + LONGEST_ANSWER_BYTES;
    this.#hasHead = false;
    if (!this.#place.isHttp) return;
    this.#parser.begin(area);
    this.#hasHead = this.#parser.parse(u8, end) === COMPLETE;
    this.#body.received = received;
  }

  override get rawResponse(): ByteWindow | null {
    return this.#place.isHttp ? null : this.#window;
  }

  override get responseHead(): ResponseParser | null {
    return this.#hasHead ? this.#parser : null;
  }

  override get responseBody(): BodyScope | null {
    return this.#hasHead ? this.#body : null;
  }

  override get responseStatus(): number {
    return this.#hasHead ? this.#parser.status : 0;
  }

  override logRecord(): LogRecord {
    const { backendName, serverName, isHttp, address } = this.#place;
    const record = new LogRecord(logProcess);
    record.scope = this;
    record.frontendName = FRONTEND_NAME;
    record.frontendIsHttp = isHttp;
    record.backendName = Buffer.from(backendName, 'latin1');
    record.serverName = Buffer.from(serverName, 'latin1');
    record.serverAddress.copyFrom(address);
    record.acceptDateMs = Date.now();
    return record;
  }
}

/** The data of an answer. Its end is not waited for, and what a HEAD leaves out is not there. */
class CheckBody implements BodyScope {
  received = '';
  readonly settled = true;

  get #data(): Buffer {
    const response = readResponse(this.received, true, true);
    return Buffer.from(typeof response === 'string' ? '' : response.body, 'latin1');
  }

  get availableBytes(): number {
    return this.#data.length;
  }

  get announcedBytes(): number {
    return this.#data.length;
  }

  get messageBytes(): number {
    return this.received.length;
  }

  read(sample: Sample): true {
    sample.setBytes(T_BIN, this.#data);
    return true;
  }
}

export function checkPlace({ place, proxy }: ServerHealth, isHttp: boolean, maxHeaders: number): CheckPlace {
  const { config, proxyIndex } = place;
  const { address } = config;
  const isInet = address.family === 'inet' || address.family === 'inet6';
  return {
    proxyIndex,
    position: proxy.servers.indexOf(config),
    backendName: proxy.name,
    serverName: config.name,
    isHttp,
    address: (isInet ? SocketAddress.parse(address.host, address.port) : undefined) ?? new SocketAddress(),
    maxHeaders,
  };
}
