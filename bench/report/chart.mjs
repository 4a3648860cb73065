// Plots in Mermaid, which draws them where Markdown is shown.

/** @param bars names and values */
export function barChart(title, bars) {
  const names = bars.map(([name]) => `"${name.replace(/^ours-/, '')}"`).join(', ');
  return mermaid('horizontal', title, names, 'requests a second', [
    `bar [${bars.map(([, value]) => Math.round(value)).join(', ')}]`,
  ]);
}

/** @param lines one list of values for each line, in the order of the ticks */
export function lineChart(title, ticks, axis, lines) {
  const names = ticks.map((tick) => `"${tick}"`).join(', ');
  return mermaid(
    '',
    title,
    names,
    axis,
    lines.map((values) => `line [${values.join(', ')}]`),
  );
}

function mermaid(orientation, title, names, axis, series) {
  const lines = [
    `xychart-beta ${orientation}`.trim(),
    `  title "${title}"`,
    `  x-axis [${names}]`,
    `  y-axis "${axis}" 0 --> MAX`,
  ];
  const most = Math.max(...series.flatMap((line) => line.match(/[\d.]+/g).map(Number)));
  const text = [...lines, ...series.map((line) => `  ${line}`)].join('\n').replace('MAX', String(roundedUp(most)));
  return `\`\`\`mermaid\n${text}\n\`\`\``;
}

function roundedUp(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return Math.ceil(value / unit) * unit;
}
