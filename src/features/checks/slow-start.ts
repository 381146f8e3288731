/**
 * What a slow start grants of a server's weight and connection limit, and when that changes. The state itself is the
 * business of server-state.ts, which says when one begins and is told when it is over.
 * Specification: configuration manual 5.2 `slowstart`; steps as HAProxy 2.6 takes them, in whole seconds.
 */
import { WEIGHT_UNITS } from '../../state/server-weight.ts';

const SECOND_MS = 1000;
/** The weight changes that many times, unless that were more often than once a second. */
const STEPS = 20;

export function grantedSixteenths(elapsedS: number, slowstartS: number): number {
  const granted = Math.floor((WEIGHT_UNITS * elapsedS + slowstartS) / slowstartS);
  return Math.min(WEIGHT_UNITS, Math.max(1, granted));
}

/** Of the connection limit. */
export function withheldPercent(elapsedS: number, slowstartS: number): number {
  return Math.max(0, 100 - Math.floor((100 * Math.max(0, elapsedS)) / slowstartS));
}

/** The clock of one server's slow start: ticks every second, and says at which ticks the weight changes too. */
export class SlowStartClock {
  readonly #timer: NodeJS.Timeout;
  #ticks = 0;

  constructor(slowstartS: number, onTick: (weightChanges: boolean) => void) {
    const every = Math.max(1, Math.round(slowstartS / STEPS));
    this.#timer = setInterval(() => onTick(++this.#ticks % every === 0), SECOND_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
