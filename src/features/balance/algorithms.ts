/** The balance algorithms there are: importing this file registers them. */
import './first.ts';
import './leastconn.ts';
import './random.ts';
import './roundrobin.ts';
import './source.ts';
import './static-rr.ts';
