/** The keywords and rules of health checks: importing this file registers them. */
import './check-ports.ts';
import './external-check-keywords.ts';
import './http-check-keywords.ts';
import './protocol-keywords.ts';
import './tcp-check-keywords.ts';
import './track-rules.ts';
