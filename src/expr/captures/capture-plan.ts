/**
 * What a frontend captures, as a thread needs it, and its spare `Captures`: one is taken when a stream begins and given
 * back once its line is written.
 */
import { type CaptureSlot, capturesFacet } from '../../config/keywords/captures.ts';
import type { ProxyConfig, TuneConfig } from '../../config/model.ts';
import { type CaptureSlots, Captures, type PlannedSlot } from './captures.ts';

/** So many are kept for the next streams, so that a burst does not keep its memory for ever. */
const MOST_SPARES = 512;

export class CapturePlan implements CaptureSlots {
  readonly request: readonly PlannedSlot[];
  readonly response: readonly PlannedSlot[];
  readonly cookieName: Uint8Array | null;
  readonly cookieLimit: number;
  private readonly spares: Captures[] = [];

  /** Null where the proxy captures nothing. */
  static of(proxy: ProxyConfig, tune: TuneConfig): CapturePlan | null {
    const config = capturesFacet.read(proxy);
    if (config === undefined) return null;
    if (config.request.length + config.response.length === 0 && config.cookie === undefined) return null;
    return new CapturePlan(config, tune);
  }

  private constructor(config: ReturnType<typeof capturesFacet.of>, tune: TuneConfig) {
    // Nothing that can be captured is longer than a buffer.
    const bounded = (length: number, most: number): number => (length < 0 || length > most ? most : length);
    const plan = ({ header, lengthBytes }: CaptureSlot): PlannedSlot => ({
      header: header === undefined ? null : Buffer.from(header, 'latin1'),
      limit: bounded(lengthBytes, tune.bufsize),
    });
    this.request = config.request.map(plan);
    this.response = config.response.map(plan);
    const { cookie } = config;
    this.cookieName = cookie === undefined ? null : Buffer.from(cookie.name, 'latin1');
    this.cookieLimit = bounded(cookie?.lengthBytes ?? 0, Math.min(tune.httpCookieLength, tune.bufsize));
  }

  take(): Captures {
    return this.spares.pop() ?? new Captures(this);
  }

  give(captures: Captures): void {
    captures.clear();
    if (this.spares.length < MOST_SPARES) this.spares.push(captures);
  }
}
