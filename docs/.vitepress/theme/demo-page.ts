import { withBase } from 'vitepress';
import { defineComponent, h } from 'vue';

/** The inspector with the demo that was recorded when the site was built. */
export const DemoPage = defineComponent({
  setup: () => () =>
    h('div', { class: 'demo' }, [
      h('iframe', {
        src: withBase('/demo.html'),
        title: 'The inspector with a recorded demo',
        loading: 'lazy',
      }),
      h('p', h('a', { href: withBase('/demo.html'), target: '_self' }, 'Open it by itself')),
    ]),
});
