/**
 * A client connection in TCP mode: its one stream begins at once and ends with it.
 */

import { handshakeErrorMessage } from '../protocol/proxy-protocol/handshake-error.ts';
import type { ShutdownCause } from '../state/messages.ts';
import type { Plane } from './plane.ts';
import { Session } from './session.ts';
import { TcpStream } from './tcp-stream.ts';

export class TcpSession extends Session {
  private readonly stream: TcpStream;
  /** The stream has begun and is not over. */
  private streaming = false;

  constructor(plane: Plane) {
    super(plane, 0);
    this.stream = new TcpStream(plane);
  }

  protected override onEstablished(): void {
    this.streaming = true;
    this.stream.start(this);
  }

  protected override onClientReady(): void {
    if (this.streaming) this.stream.onClientReady();
  }

  protected override onSessionTimer(): void {
    // The stream has the only timer that runs once it exists.
  }

  protected override logGreetingFailure(error: number): void {
    this.plane.logger.logGreetingFailure(this, handshakeErrorMessage(error) ?? '');
  }

  /** The stream is over. */
  end(reset: boolean): void {
    this.streaming = false;
    this.finish(reset);
  }

  protected override spare(): void {
    this.plane.tcpSessions.give(this);
  }

  override onSoftStop(): void {
    // A connection in use ends by itself.
  }

  override shutServer(serverWords: number, cause: ShutdownCause): void {
    if (this.streaming) this.stream.shutServer(serverWords, cause);
  }

  override countProgress(): void {
    if (this.streaming && this.frontend.continuousCounts) this.stream.countProgress();
  }

  override kill(): void {
    if (this.streaming) this.stream.kill();
    else this.finish(false);
  }
}
