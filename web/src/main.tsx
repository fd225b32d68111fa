import { render } from 'preact';
import { App } from './app.tsx';
import { loadConfig } from './config.ts';
import { listenForKeys } from './keys.ts';
import { setLab } from './lab.ts';
import { applyTheme, chosenTheme } from './theme.ts';
import './style/base.css';
import './style/pages.css';
import './style/log.css';

applyTheme(chosenTheme());
listenForKeys();
const app = document.getElementById('app');
if (app !== null) {
  try {
    setLab(await loadConfig());
    render(<App />, app);
  } catch (error) {
    app.textContent = error instanceof Error ? error.message : String(error);
  }
}
