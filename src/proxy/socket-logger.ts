import type { Plane } from './plane.ts';
import type { StreamLogger } from './stream-log.ts';

export class SocketLogger implements StreamLogger {
  constructor(_plane: Plane) {}
  logStream(): void {}
  logBadRequest(): void {}
  logGreetingFailure(): void {}
}
