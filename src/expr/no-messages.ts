/**
 * What a scope sees of messages where there are none: the base of scopes, which replace what they have.
 * Specification: scope.ts.
 */
import type { ByteWindow } from '../protocol/http1/body-scanner.ts';
import type { RequestFacts } from '../protocol/http1/request-facts.ts';
import type { RequestParser } from '../protocol/http1/request-parser.ts';
import type { ResponseParser } from '../protocol/http1/response-parser.ts';
import type { BodyScope } from './scope.ts';

export abstract class NoMessages {
  get rawRequest(): ByteWindow | null {
    return null;
  }

  get rawResponse(): ByteWindow | null {
    return null;
  }

  get requestHead(): RequestParser | null {
    return null;
  }

  get requestFacts(): RequestFacts | null {
    return null;
  }

  keptMethod(): Uint8Array | null {
    return null;
  }

  get usesProxyHeaders(): boolean {
    return false;
  }

  get isFirstRequest(): boolean {
    return true;
  }

  get requestBody(): BodyScope | null {
    return null;
  }

  get responseHead(): ResponseParser | null {
    return null;
  }

  get responseStatus(): number {
    return 0;
  }

  get responseAwaited(): boolean {
    return false;
  }

  get responseBody(): BodyScope | null {
    return null;
  }
}
