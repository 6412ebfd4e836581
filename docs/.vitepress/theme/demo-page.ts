import { useData, withBase } from 'vitepress';
import { defineComponent, h, onMounted, ref, watch } from 'vue';

/** The inspector with the demo that was recorded when the site was built, as light or dark as the site. */
export const DemoPage = defineComponent({
  setup: () => {
    const { isDark } = useData();
    const frame = ref<HTMLIFrameElement | null>(null);
    const dress = () => {
      const page = frame.value?.contentDocument?.documentElement;
      if (page) page.dataset.theme = isDark.value ? 'dark' : 'light';
    };
    watch(isDark, dress);
    // It may be there before the page around it hears that it has loaded.
    onMounted(dress);
    return () =>
      h('div', { class: 'demo' }, [
        h('iframe', {
          ref: frame,
          onLoad: dress,
          src: withBase('/demo.html'),
          title: 'The inspector with a recorded demo',
          loading: 'lazy',
        }),
        h('p', h('a', { href: withBase('/demo.html'), target: '_self' }, 'Open it by itself')),
      ]);
  },
});
