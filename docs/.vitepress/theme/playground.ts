import { withBase } from 'vitepress';
import { defineComponent, h, onMounted, onUnmounted, ref } from 'vue';

/** The playground; it is made in the browser, and its place is kept until then. */
export const Playground = defineComponent({
  props: { view: { type: String, required: true } },
  setup: ({ view }) => {
    const place = ref<HTMLElement | null>(null);
    let end = () => {};
    let isGone = false;
    onMounted(async () => {
      const { mount } = await import('../../../src/playground/mount.tsx');
      if (place.value === null || isGone) return;
      const editor = withBase('/playground.html');
      end = mount(place.value, { view: view === 'edit' ? 'edit' : 'look', editor });
    });
    onUnmounted(() => {
      isGone = true;
      end();
    });
    return () => h('div', { ref: place, class: `playground-place ${view}` });
  },
});
