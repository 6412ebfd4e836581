import { type Run, unavailable } from './run.ts';

export interface AnswersProps {
  readonly hook: string;
  readonly run: Run;
  readonly onAnswer: (label: string) => void;
  /** Goes back to before the n-th answer, from 0. */
  readonly onBack: (answer: number) => void;
}

const ends = {
  Return: 'The hook returns: Juju is told that all went well.',
  Defer: 'The hook is put off: the same event comes back at a later dispatch.',
  Failed: 'It was unavailable, so the hook is put off, and what it had done stays.',
} as const;

/** The conversation: what the machine asks, and the answers that it may be given. */
export function Answers({ hook, run, onAnswer, onBack }: AnswersProps) {
  const { answered, asked, end } = run;
  return (
    <div class="answers">
      <ol>
        <li class="began">
          <code>{hook}</code> begins
        </li>
        {answered.map(({ node, request, answer }, index) => (
          <li key={`${index} ${node}`}>
            <code title={node}>{request}</code> →{' '}
            <b>{answer === unavailable ? 'unavailable' : answer}</b>
            <button type="button" onClick={() => onBack(index)} aria-label={`Back to ${node}`}>
              ↶
            </button>
          </li>
        ))}
      </ol>
      {asked !== null && (
        <fieldset class="asked">
          <legend>
            {asked.shape === 'question' ? 'It asks' : 'It orders'} <code>{asked.request}</code>
          </legend>
          <p>{asked.label}</p>
          {asked.labels.map((label) => (
            <button type="button" class="answer" key={label} onClick={() => onAnswer(label)}>
              {label}
            </button>
          ))}
          <button type="button" class="fails" onClick={() => onAnswer(unavailable)}>
            it is unavailable
          </button>
        </fieldset>
      )}
      {end !== null && (
        <p class={`end ${end}`} role="status">
          {ends[end]}
        </p>
      )}
      {answered.length > 0 && (
        <button type="button" onClick={() => onBack(0)}>
          Begin again
        </button>
      )}
    </div>
  );
}
