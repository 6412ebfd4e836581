/** Makes a picture: of a run, of a trace, or of each page of the site. */
import { spawnSync } from 'node:child_process';

const [kind] = process.argv.splice(2, 1);
switch (kind) {
  case 'run':
    await import('./run-picture.ts');
    break;
  case 'trace':
    await import('./trace-picture.ts');
    break;
  case 'site':
    process.exitCode = spawnSync('npm', ['run', 'docs'], { stdio: 'inherit' }).status ?? 1;
    if (process.exitCode === 0) await import('./site-pictures.ts');
    break;
  default:
    process.stderr.write(
      'npm run -s picture -- run | site [FOLDER] | trace JAEGER COLLECTOR FILE\n',
    );
    process.exitCode = 2;
}
