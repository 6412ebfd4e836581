import DefaultTheme from 'vitepress/theme';
import { DemoPage } from './demo-page.ts';
import { Playground } from './playground.ts';
import './style.css';

// biome-ignore lint/style/noDefaultExport: vitepress reads the default export.
export default {
  extends: DefaultTheme,
  enhanceApp({ app }: { app: { component: (name: string, component: unknown) => void } }) {
    app.component('DemoPage', DemoPage);
    app.component('Playground', Playground);
  },
};
