// Keeps what Node makes of modules, ours and others', in the user's own cache folder. It must be imported first, and is JavaScript, so that no module
// has been compiled before it and none has its types stripped twice: that is half of what a process of ours needs to start.
// A folder that cannot be written, or no HOME, means no cache and is no failure.
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

const home = process.env.HOME;
if (home) enableCompileCache(join(home, '.cache', 'loligo', 'compiled'));
