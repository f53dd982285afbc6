// One self-contained ES module per widget, its styles inlined: anywidget sends it to any front end, nothing comes from a CDN.
import { build } from 'esbuild';
import { mkdir } from 'node:fs/promises';

const widgets = {
  cost_meter: 'src/cost/widget.ts',
  retrieval_viewer: 'src/retrieval/widget.ts',
  trace_viewer: 'src/trace/widget.ts',
};
const outdir = new URL('../coreskills_widgets/static/', import.meta.url).pathname;

await mkdir(outdir, { recursive: true });
await build({
  entryPoints: widgets,
  outdir,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  charset: 'utf8',
  loader: { '.css': 'text' },
  logLevel: 'warning',
});
