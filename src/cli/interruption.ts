/**
 * Ctrl-C ends long work with what it has come to, and with exit code 130. What is given back takes
 * that away again.
 */
export function onInterruption(tell: () => void): () => void {
  const end = () => {
    tell();
    process.exit(130);
  };
  process.once('SIGINT', end);
  return () => void process.removeListener('SIGINT', end);
}
