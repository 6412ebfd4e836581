import { render } from 'preact';
import chartStyle from '../inspector/page/charts.css?inline';
import answersStyle from './answers.css?inline';
import editorStyle from './editor.css?inline';
import style from './playground.css?inline';
import { Playground, type PlaygroundProps } from './playground.tsx';

/** Shows the playground in an element; what it gives takes it away again. Its style is its own. */
export function mount(element: HTMLElement, props: PlaygroundProps): () => void {
  const shadow = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
  render(
    <>
      <style>{chartStyle}</style>
      <style>{[editorStyle, answersStyle, style].join('')}</style>
      <Playground {...props} />
    </>,
    shadow,
  );
  return () => render(null, shadow);
}
