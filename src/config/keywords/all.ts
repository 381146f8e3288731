/** The table of contents of the language's core. Features register their own keywords where they live. */
import '../checks/proxy-checks.ts';
import './balance.ts';
import './bind.ts';
import './proxy-basics.ts';
import './proxy-protocol.ts';
import './server.ts';
import './source-address.ts';
import './timeouts.ts';
import './unix-bind.ts';
