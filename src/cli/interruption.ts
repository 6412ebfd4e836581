/** What ends long work from outside, with the exit codes that a shell gives them. */
const signals = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Ctrl-C, and whoever asks the process to end, end long work with what it has come to. What is given
 * back takes that away again.
 */
export function onInterruption(tell: () => void): () => void {
  const ends = Object.entries(signals).map(([signal, code]) => {
    const end = () => {
      tell();
      process.exit(code);
    };
    process.once(signal, end);
    return () => process.removeListener(signal, end);
  });
  return () => {
    for (const remove of ends) remove();
  };
}
