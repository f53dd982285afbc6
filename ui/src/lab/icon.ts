import { LabIcon } from '@jupyterlab/ui-components';

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <path class="jp-icon3" fill="#616161" d="M12 3 1 8.5 12 14l9-4.5V16h2V8.5L12 3zm-7 9.6V17c0 1.7 3.1 3 7 3s7-1.3 7-3v-4.4l-7 3.5-7-3.5z"/>
</svg>`;

export const courseIcon = new LabIcon({ name: '@coreskills/lab:course', svgstr: SVG });
