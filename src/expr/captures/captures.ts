/**
 * What one stream has captured: a value for each slot of its frontend, and the cookie of either direction. Values are
 * copies, so they outlive the heads that they were taken from. Frontends without captures have none of this; in the
 * others the objects are pooled and keep their memory, which no slot's length and no buffer's size exceed.
 * Specification: configuration manual 4.2 `capture …`, `declare capture`, 8.7, 8.8.
 */
import type { HeaderBlock } from '../../protocol/http1/header-block.ts';
import { captureCookie, captureSetCookie } from './cookies.ts';

export interface PlannedSlot {
  /** Lower case; null: filled by rules alone. */
  readonly header: Uint8Array | null;
  readonly limit: number;
}

/** What there is to capture (capture-plan.ts). */
export interface CaptureSlots {
  readonly request: readonly PlannedSlot[];
  readonly response: readonly PlannedSlot[];
  /** The beginning of the cookie's name; null: none is captured. */
  readonly cookieName: Uint8Array | null;
  readonly cookieLimit: number;
}

const NOTHING = new Uint8Array(0);
const LEAST_BYTES = 64;

export class CapturedValue {
  /** The value is the first `length` bytes. */
  u8: Uint8Array = NOTHING;
  /** -1: nothing was captured. An empty value is something else. */
  length = -1;
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  get isThere(): boolean {
    return this.length >= 0;
  }

  /** Takes the place of whatever was captured before; what is too long is cut. */
  set(from: Uint8Array, start: number, end: number): void {
    const length = Math.min(end - start, this.limit);
    let to = this.u8;
    if (to.length < length) {
      to = new Uint8Array(Math.min(this.limit, Math.max(LEAST_BYTES, 2 * length)));
      this.u8 = to;
    }
    for (let i = 0; i < length; i++) to[i] = from[start + i] as number;
    this.length = length;
  }

  clear(): void {
    this.length = -1;
  }
}

export class Captures {
  readonly request: readonly CapturedValue[];
  readonly response: readonly CapturedValue[];
  readonly requestCookie: CapturedValue;
  readonly responseCookie: CapturedValue;
  private readonly plan: CaptureSlots;

  constructor(plan: CaptureSlots) {
    const emptyValue = ({ limit }: PlannedSlot): CapturedValue => new CapturedValue(limit);
    this.plan = plan;
    this.request = plan.request.map(emptyValue);
    this.response = plan.response.map(emptyValue);
    this.requestCookie = new CapturedValue(plan.cookieLimit);
    this.responseCookie = new CapturedValue(plan.cookieLimit);
  }

  /** For the next stream. */
  clear(): void {
    for (let i = 0; i < this.request.length; i++) (this.request[i] as CapturedValue).clear();
    this.clearResponse();
    this.requestCookie.clear();
  }

  /** The response will not be the one that was seen. */
  clearResponse(): void {
    for (let i = 0; i < this.response.length; i++) (this.response[i] as CapturedValue).clear();
    this.responseCookie.clear();
  }

  takeRequestHeaders(u8: Uint8Array, block: HeaderBlock): void {
    takeHeaders(this.plan.request, this.request, u8, block);
  }

  takeResponseHeaders(u8: Uint8Array, block: HeaderBlock): void {
    takeHeaders(this.plan.response, this.response, u8, block);
  }

  takeRequestCookie(u8: Uint8Array, block: HeaderBlock): void {
    const { cookieName } = this.plan;
    if (cookieName !== null) captureCookie(u8, block, cookieName, this.requestCookie);
  }

  takeResponseCookie(u8: Uint8Array, block: HeaderBlock): void {
    const { cookieName } = this.plan;
    if (cookieName !== null) captureSetCookie(u8, block, cookieName, this.responseCookie);
  }
}

/** Of several lines of one name the last one counts, whole. */
function takeHeaders(
  slots: readonly PlannedSlot[],
  values: readonly CapturedValue[],
  u8: Uint8Array,
  block: HeaderBlock,
): void {
  for (let i = 0; i < slots.length; i++) {
    const { header } = slots[i] as PlannedSlot;
    if (header === null) continue;
    let last = -1;
    for (let line = block.findName(u8, header); line >= 0; line = block.findName(u8, header, line + 1))
      last = line;
    if (last >= 0) (values[i] as CapturedValue).set(u8, block.valueStart(last), block.valueEnd(last));
  }
}
