/** The balance algorithms there are: importing this file registers them. */
import './first.ts';
import './hash/expression.ts';
import './hash/header.ts';
import './hash/rdp-cookie.ts';
import './hash/source.ts';
import './hash/uri.ts';
import './hash/url-param.ts';
import './leastconn.ts';
import './random.ts';
import './roundrobin.ts';
import './static-rr.ts';
