// Runs runner/main.ts, for whoever starts runners on a machine that starts many.
import './compile-cache.js';

await import('../runner/main.ts');
