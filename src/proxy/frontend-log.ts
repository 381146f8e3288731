/**
 * What a frontend's log settings ask of the data plane.
 */
import type { ProxyConfig } from '../config/model.ts';
import type { Plane } from './plane.ts';

export class FrontendLog {
  /** Whether anything is logged at all. */
  readonly enabled: boolean;
  /** Whether the request line has to be kept. */
  readonly wantsRequestLine: boolean;

  constructor(plane: Plane, config: ProxyConfig) {
    const targets =
      config.log.targets.length > 0 ||
      (config.log.global && plane.configuration.global.logTargets.length > 0);
    this.enabled = targets;
    this.wantsRequestLine = targets && config.mode === 'http';
  }
}
